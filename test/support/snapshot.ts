/** Snapshots written down as the YAML they are read from. */
import { readObjects } from '../../src/datastore/read-object.ts';
import type { Snapshot } from '../../src/datastore/snapshot.ts';
import { SnapshotAssembler, type Source } from '../../src/datastore/snapshot-assembler.ts';
import { readDocument, splitDocuments } from '../../src/datastore/yaml-documents.ts';

/** Reads YAML or JSON documents the way a file of a folder is read; `file` is what faults name. */
export function sourcesOf(text: string, file = 'test.yaml'): Source[] {
  return splitDocuments(text).flatMap(({ text, lineOffset }) => {
    const document = readDocument(text);
    if (document === undefined) return [];
    if (!('locate' in document)) throw new Error(document[0]?.reason);
    return [{ file, lineOffset, reading: readObjects(document) }];
  });
}

/** The snapshot of YAML or JSON documents, faults included. */
export function snapshotOf(text: string): Snapshot {
  return new SnapshotAssembler().assemble(sourcesOf(text))!;
}
