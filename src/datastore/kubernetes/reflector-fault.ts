/** What keeps a reflector from its work, as a fault of the snapshot. */
import type { DatastoreFault } from '../snapshot.ts';
import { faultAt } from '../source.ts';
import type { Reflector } from './reflector.ts';

/** @returns one fault, or none */
export function faultOf({ problem, resource, isSilent }: Reflector): DatastoreFault[] {
  if (problem === undefined) return [];
  const place = resource.fieldSelector
    ? `${resource.path}?${resource.fieldSelector}`
    : resource.path;
  const fault = { ...faultAt(undefined, { reason: problem }), file: place };
  return [isSilent ? { ...fault, isOutage: true } : fault];
}
