/** Every key of the configuration, from its JSON Schema and what the documentation says of them. */

/**
 * Lists keys in the order of the schema, those inside mappings and lists behind the one they are in.
 *
 * @param schema from `configJsonSchema`
 * @param docs Map of paths to `{ fallback, text }`, from `keyDocs`
 * @param changes path → what changing it does to a running daemon
 */
export function schemaKeys(schema, docs, changes) {
  const keys = [];
  const visit = (section, path, node, isRequired, depth) => {
    const { fallback = '', text = '' } = docs.get(path) ?? {};
    const type = typeOf(node, schema);
    keys.push({ section, path, type, isRequired, fallback, text, change: changes.get(path) ?? '' });
    if (depth < 5)
      for (const [name, inner, needed] of members(node))
        visit(section, `${path}${name}`, inner, needed, depth + 1);
  };
  for (const [name, node] of Object.entries(schema.properties)) {
    visit(name, name, node, schema.required.includes(name), 0);
  }
  return keys;
}

/** What is inside a mapping, a list of mappings, or a mapping of lists. */
function* members(node, prefix = '') {
  if (node.type === 'array') return yield* members(node.items, `${prefix}[]`);
  if (node.type !== 'object') return;
  if (typeof node.additionalProperties === 'object') {
    return yield* members(node.additionalProperties, `${prefix}.*`);
  }
  for (const [name, inner] of Object.entries(node.properties ?? {})) {
    yield [`${prefix}.${name}`, inner, (node.required ?? []).includes(name)];
  }
}

function typeOf(node, schema) {
  if (node.$ref) return 'likewise';
  if (node.description) return node.description;
  if (node.type === 'array') return `list: ${typeOf(node.items, schema)}`;
  if (node.anyOf) return node.anyOf.map((each) => typeOf(each, schema)).join(', or ');
  return node.type === 'object' ? 'mapping' : (node.type ?? 'any value');
}

/** docs/configuration-keys.md. */
export function referencePage(keys) {
  const lines = [
    '# Every key of the configuration',
    '',
    'Written by `npm run docs` from the schema. [configuration.md](configuration.md) tells the same with more words and',
    'examples; `catbird.schema.json` is for editors.',
  ];
  let section;
  for (const key of keys) {
    if (key.section !== section) {
      section = key.section;
      lines.push(
        '',
        `## ${section}`,
        '',
        '| key | value | default | change |',
        '|---|---|---|---|',
      );
    }
    const fallback = key.isRequired ? 'required' : key.fallback;
    lines.push(`| \`${key.path}\` | ${key.type} | ${fallback} | ${key.change} |`);
  }
  return `${lines.join('\n')}\n`;
}

/** The schema with the words of the documentation, for editors to show. */
export function schemaFile(schema, docs) {
  const described = structuredClone(schema);
  const visit = (path, node) => {
    const text = docs.get(path)?.text;
    if (text) node.description = node.description ? `${text} (${node.description})` : text;
    for (const [name, inner] of members(node)) visit(`${path}${name}`, inner);
  };
  for (const [name, node] of Object.entries(described.properties)) visit(name, node);
  return `${JSON.stringify(described, null, 1)}\n`;
}
