/**
 * Numbers of the BGP registries, under the names the registries use (IANA "BGP Parameters").
 * A table and nothing else; only what Catbird reads or writes is listed.
 */

/** Octets of marker, length and type in front of every message (RFC 4271 §4.1). */
export const HEADER_SIZE = 19;
export const MARKER_SIZE = 16;
/** Largest message without RFC 8654, and always for OPEN and KEEPALIVE. */
export const MAXIMUM_MESSAGE_SIZE = 4096;
/** Largest message with RFC 8654. */
export const EXTENDED_MESSAGE_SIZE = 65535;

export const MESSAGE_OPEN = 1;
export const MESSAGE_UPDATE = 2;
export const MESSAGE_NOTIFICATION = 3;
export const MESSAGE_KEEPALIVE = 4;
export const MESSAGE_ROUTE_REFRESH = 5;

export const AFI_IPV4 = 1;
export const AFI_IPV6 = 2;
export const SAFI_UNICAST = 1;

export const FLAG_OPTIONAL = 0x80;
export const FLAG_TRANSITIVE = 0x40;
export const FLAG_PARTIAL = 0x20;
export const FLAG_EXTENDED_LENGTH = 0x10;

export const ATTR_ORIGIN = 1;
export const ATTR_AS_PATH = 2;
export const ATTR_NEXT_HOP = 3;
export const ATTR_MULTI_EXIT_DISC = 4;
export const ATTR_LOCAL_PREF = 5;
export const ATTR_ATOMIC_AGGREGATE = 6;
export const ATTR_AGGREGATOR = 7;
export const ATTR_COMMUNITIES = 8;
export const ATTR_ORIGINATOR_ID = 9;
export const ATTR_CLUSTER_LIST = 10;
export const ATTR_MP_REACH_NLRI = 14;
export const ATTR_MP_UNREACH_NLRI = 15;
export const ATTR_EXTENDED_COMMUNITIES = 16;
export const ATTR_AS4_PATH = 17;
export const ATTR_AS4_AGGREGATOR = 18;
export const ATTR_IPV6_EXTENDED_COMMUNITIES = 25;
export const ATTR_LARGE_COMMUNITIES = 32;
export const ATTR_ONLY_TO_CUSTOMER = 35;

export const ORIGIN_IGP = 0;
export const ORIGIN_EGP = 1;
export const ORIGIN_INCOMPLETE = 2;

export const CAPABILITY_MULTIPROTOCOL = 1;
export const CAPABILITY_ROUTE_REFRESH = 2;
export const CAPABILITY_EXTENDED_NEXT_HOP = 5;
export const CAPABILITY_EXTENDED_MESSAGE = 6;
export const CAPABILITY_ROLE = 9;
export const CAPABILITY_GRACEFUL_RESTART = 64;
export const CAPABILITY_FOUR_OCTET_AS = 65;
export const CAPABILITY_ADD_PATH = 69;
export const CAPABILITY_ENHANCED_ROUTE_REFRESH = 70;
export const CAPABILITY_LONG_LIVED_GRACEFUL_RESTART = 71;
export const CAPABILITY_FQDN = 73;
export const CAPABILITY_SOFTWARE_VERSION = 75;

/** Subtypes of ROUTE-REFRESH (RFC 7313 §3.2). */
export const REFRESH_REQUEST = 0;
export const REFRESH_BEGIN = 1;
export const REFRESH_END = 2;

export const HEADER_ERROR = 1;
export const HEADER_NOT_SYNCHRONIZED = 1;
export const HEADER_BAD_LENGTH = 2;
export const HEADER_BAD_TYPE = 3;

export const OPEN_ERROR = 2;
export const OPEN_UNSPECIFIC = 0;
export const OPEN_UNSUPPORTED_VERSION = 1;
export const OPEN_BAD_PEER_AS = 2;
export const OPEN_BAD_BGP_IDENTIFIER = 3;
export const OPEN_UNSUPPORTED_PARAMETER = 4;
export const OPEN_UNACCEPTABLE_HOLD_TIME = 6;
export const OPEN_UNSUPPORTED_CAPABILITY = 7;
export const OPEN_ROLE_MISMATCH = 11;

export const UPDATE_ERROR = 3;
export const UPDATE_MALFORMED_ATTRIBUTE_LIST = 1;
export const UPDATE_UNRECOGNIZED_WELL_KNOWN = 2;
export const UPDATE_MISSING_WELL_KNOWN = 3;
export const UPDATE_ATTRIBUTE_FLAGS = 4;
export const UPDATE_ATTRIBUTE_LENGTH = 5;
export const UPDATE_INVALID_ORIGIN = 6;
export const UPDATE_INVALID_NEXT_HOP = 8;
export const UPDATE_OPTIONAL_ATTRIBUTE = 9;
export const UPDATE_INVALID_NETWORK_FIELD = 10;
export const UPDATE_MALFORMED_AS_PATH = 11;

export const HOLD_TIMER_EXPIRED = 4;

export const FSM_ERROR = 5;
export const FSM_UNEXPECTED_IN_OPEN_SENT = 1;
export const FSM_UNEXPECTED_IN_OPEN_CONFIRM = 2;
export const FSM_UNEXPECTED_IN_ESTABLISHED = 3;

export const CEASE = 6;
export const CEASE_MAX_PREFIXES = 1;
export const CEASE_ADMINISTRATIVE_SHUTDOWN = 2;
export const CEASE_PEER_DECONFIGURED = 3;
export const CEASE_ADMINISTRATIVE_RESET = 4;
export const CEASE_CONNECTION_REJECTED = 5;
export const CEASE_CONFIGURATION_CHANGE = 6;
export const CEASE_COLLISION_RESOLUTION = 7;
export const CEASE_OUT_OF_RESOURCES = 8;
export const CEASE_HARD_RESET = 9;
export const CEASE_BFD_DOWN = 10;

export const ROUTE_REFRESH_ERROR = 7;
export const ROUTE_REFRESH_BAD_LENGTH = 1;

export const SEND_HOLD_TIMER_EXPIRED = 8;
