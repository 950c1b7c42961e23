/** Numbers of the MRT export format (RFC 6396, RFC 8050), under the names they have there. */

/** Timestamp, type, subtype, length. */
export const MRT_HEADER_SIZE = 12;
/** Behind the header of an extended timestamp record. */
export const MICROSECONDS_SIZE = 4;
/** More than any record that is of use; what claims more is no MRT. */
export const LARGEST_RECORD = 16 * 1024 * 1024;

export const TABLE_DUMP_V2 = 13;
export const BGP4MP = 16;
export const BGP4MP_ET = 17;

export const PEER_INDEX_TABLE = 1;
export const RIB_IPV4_UNICAST = 2;
export const RIB_IPV6_UNICAST = 4;
export const RIB_IPV4_UNICAST_ADDPATH = 8;
export const RIB_IPV6_UNICAST_ADDPATH = 10;

export const BGP4MP_STATE_CHANGE = 0;
export const BGP4MP_MESSAGE = 1;
export const BGP4MP_MESSAGE_AS4 = 4;
export const BGP4MP_STATE_CHANGE_AS4 = 5;
export const BGP4MP_MESSAGE_LOCAL = 6;
export const BGP4MP_MESSAGE_AS4_LOCAL = 7;
export const BGP4MP_MESSAGE_ADDPATH = 8;
export const BGP4MP_MESSAGE_AS4_ADDPATH = 9;
export const BGP4MP_MESSAGE_LOCAL_ADDPATH = 10;
export const BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH = 11;

/** Bits of the peer type of PEER_INDEX_TABLE. */
export const PEER_IS_IPV6 = 1;
export const PEER_HAS_AS4 = 2;
