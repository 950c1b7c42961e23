/** A reader who follows a link of the documents arrives. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { anchorsOf, documents, linksOf, ROOT } from './documents.ts';

for (const document of documents()) {
  t.test(`every link of ${document} leads somewhere`, async (t) => {
    for (const link of linksOf(document)) {
      const [file = '', anchor] = link.split('#');
      t.ok(existsSync(join(ROOT, file)), `${file} exists`);
      if (anchor && file.endsWith('.md'))
        t.ok(anchorsOf(file).has(anchor), `${file} has a heading #${anchor}`);
    }
  });
}
