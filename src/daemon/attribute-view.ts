/** The attribute part of a route view: every key of the fixed shape, whatever the route lacks. */
import { attributesView } from '../bgp/wire/attributes-view.ts';
import type { PathAttributes } from '../bgp/wire/path-attributes.ts';

const ABSENT = {
  nextHop: null,
  localPref: null,
  med: null,
  communities: [],
  largeCommunities: [],
  originatorId: null,
  clusterList: [],
};

/** The attributes of one route as its view shows them. */
export function viewAttributes(attributes: PathAttributes) {
  return { ...ABSENT, ...attributesView(attributes) };
}
