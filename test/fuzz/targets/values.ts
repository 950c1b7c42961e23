/**
 * Short texts: addresses, prefixes, communities, AS numbers, ranges, selectors. Nothing is thrown, and
 * what was understood prints as a text that means the same. Node's own `isIP` is the judge of addresses.
 */
import { isIP } from 'node:net';
import {
  formatCommunity,
  parseCommunity,
  parseLargeCommunity,
} from '../../../src/bgp/wire/communities.ts';
import { formatPrefixRange, parsePrefixRange } from '../../../src/config/prefix-range.ts';
import { type Labels, parseSelector } from '../../../src/datastore/selectors.ts';
import { MAX_ASN, parseAsn } from '../../../src/net/asn.ts';
import {
  formatAddress,
  formatIpv4Number,
  formatPrefix,
  parseAddress,
  parseCidr,
  parseInterfaceAddress,
  parseIpv4Number,
  parsePrefix,
} from '../../../src/net/text.ts';
import { mutateText } from '../mutate-text.ts';
import { check, checkSame, type FuzzTarget } from '../target.ts';

/** By what `isIP` answers. */
const ADDRESS_SIZES: Readonly<Record<number, number>> = { 0: 0, 4: 4, 6: 16 };
const VALUES: readonly string[] = [
  ...['10.0.0.1', '255.255.255.255', '0.0.0.0', '2001:db8::1', '::', '::ffff:192.0.2.1', 'fe80::1'],
  ...['1:2:3:4:5:6:7:8', '10.0.0.0/8', '10.1.2.3/32', '2001:db8::/32', '::/0', '0.0.0.0/0'],
  ...['10.0.0.0/8+', '10.0.0.0/8 ge 20', '10.0.0.0/8 ge 20 le 24', '2001:db8::/32 le 64'],
  ...['64512', '4294967295', '1.10', '65535.65535', '64512:10', 'no-export', '64512:20:30'],
];
const WORDS: readonly string[] = [
  ...[
    '.',
    ':',
    '::',
    '/',
    '0',
    '00',
    '01',
    '255',
    '256',
    'ffff',
    '::ffff:',
    '%eth0',
    ' ',
    '+',
    '-',
  ],
  ...['0x1', '1e1', '/33', '/128', ' ge ', ' le ', '\u0661', '\n', '4294967296', 'g'],
];

/** An input is one value. */
export const VALUE: FuzzTarget = {
  name: 'value',
  isText: true,
  make: (dice) => {
    return Buffer.from(mutateText(dice, dice.pick(VALUES), dice.pick(VALUES), WORDS).slice(0, 200));
  },
  run: (input) => {
    const text = new TextDecoder().decode(input);
    const address = parseAddress(text);
    if (!text.includes('%')) {
      checkSame(address?.length ?? 0, ADDRESS_SIZES[isIP(text)], 'octets of address');
    }
    if (address) checkSame(parseAddress(formatAddress(address)), address, 'address');
    const prefix = parsePrefix(text);
    if (prefix) checkSame(parseCidr(formatPrefix(prefix)), prefix, 'prefix');
    checkSame(parseInterfaceAddress(text) !== undefined, Boolean(address ?? prefix), 'interface');
    const range = parsePrefixRange(text);
    if (range) checkSame(parsePrefixRange(formatPrefixRange(range)), range, 'range');
    const number = parseIpv4Number(text);
    if (number !== undefined)
      checkSame(parseIpv4Number(formatIpv4Number(number)), number, 'number');
    const asn = parseAsn(text);
    if (asn !== undefined) check(asn >= 0 && asn <= MAX_ASN, `AS ${asn}`);
    const community = parseCommunity(text);
    if (community !== undefined)
      checkSame(parseCommunity(formatCommunity(community)), community, 'community');
    const large = parseLargeCommunity(text);
    if (large) checkSame(parseLargeCommunity(large.join(':')), large, 'large community');
  },
};

const SELECTORS: readonly string[] = [
  'all()',
  'global()',
  "has(rack) && rack == '2'",
  "!has(a/b.c-d) || (zone in {'a', \"b\", 'c'} && !(tier not in {}))",
  "name starts with 'x' && name ends with \"y's\" || name contains ''",
  "in == 'not in' && has(has)",
  '',
];
const LABELS: readonly Labels[] = [
  {},
  { rack: '2', zone: 'a', name: 'xy' },
  { tier: '', constructor: 'x', has: 'b', in: 'not in' },
  { name: "xy's", zone: 'c', 'a/b.c-d': '1' },
];

/** An input is one selector. */
export const SELECTOR: FuzzTarget = {
  name: 'selector',
  isText: true,
  make: (dice) => Buffer.from(mutateText(dice, dice.pick(SELECTORS), dice.pick(SELECTORS))),
  run: (input) => {
    const text = new TextDecoder().decode(input);
    const selector = parseSelector(text);
    if ('reason' in selector) {
      check(selector.at >= 0 && selector.at <= text.length, 'a place outside the text');
      check(selector.reason.length < 200, 'a long reason');
      return;
    }
    const printed = selector.toString();
    const again = parseSelector(printed);
    if ('reason' in again) throw new Error(`${printed} is not read back: ${again.reason}`);
    checkSame(again.toString(), printed, 'printed twice');
    for (const labels of LABELS) {
      checkSame(
        again.matches(labels),
        selector.matches(labels),
        `matches ${JSON.stringify(labels)}`,
      );
    }
  },
};
