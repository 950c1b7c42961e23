/**
 * The configuration's schema in the words of JSON Schema, for editors and for the reference; loaded by nothing
 * else. What only code can tell (host bits, names that must exist) is left to `catbird check`.
 */
import { z } from 'zod';
import { documentSchema } from './schema.ts';
import { jsonForms } from './values.ts';

/** A JSON Schema 2020-12 document. */
export function configJsonSchema(): Readonly<Record<string, unknown>> {
  const schema = z.toJSONSchema(documentSchema, {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema }) {
      const known = jsonForms.get(zodSchema);
      if (known) Object.assign(jsonSchema, known.form);
    },
  });
  const title = 'Configuration of the BGP daemon Catbird';
  return { ...schema, $id: 'https://catbird.invalid/catbird.schema.json', title };
}
