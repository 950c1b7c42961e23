/** Label and field selectors as API servers take them in queries. */
import type { ApiObject } from './api-resources.ts';

export type Selects = (object: ApiObject) => boolean;

export function parseSelector(query: URLSearchParams): Selects {
  const fields = terms(query.get('fieldSelector')).map((term) => fieldTerm(term));
  const labels = terms(query.get('labelSelector')).map((term) => labelTerm(term));
  return (object) => [...fields, ...labels].every((holds) => holds(object));
}

function terms(text: string | null): string[] {
  return (text ?? '').split(',').filter((term) => term !== '');
}

function fieldTerm(term: string): Selects {
  const [, path, operator, value] = /^([\w.]+)(==|!=|=)(.*)$/.exec(term) ?? [];
  return (object) => (fieldOf(object, path) === value) === (operator !== '!=');
}

function fieldOf({ metadata }: ApiObject, path: string | undefined): string | undefined {
  return path === 'metadata.namespace' ? metadata.namespace : metadata.name;
}

function labelTerm(term: string): Selects {
  const [, name, operator, value] = /^([\w./-]+)(==|!=|=)(.*)$/.exec(term) ?? [];
  if (name === undefined) return existenceTerm(term);
  return ({ metadata }) => (metadata.labels?.[name] === value) === (operator !== '!=');
}

function existenceTerm(term: string): Selects {
  const isNegated = term.startsWith('!');
  const name = isNegated ? term.slice(1) : term;
  return ({ metadata }) => (metadata.labels?.[name] !== undefined) !== isNegated;
}
