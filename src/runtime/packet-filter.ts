/** Classic BPF programs for sockets: what arrives with too few hops left is dropped in the kernel (RFC 5082). */

/** Offset of the network header in a classic BPF program, and of the TTL and hop limit in it. */
const SKF_NET_OFF = -0x100000;
const IPV4_TTL_AT = 8;
const IPV6_HOP_LIMIT_AT = 7;
const LOAD_OCTET = 0x30;
const JUMP_IF_AT_LEAST = 0x35;
const RETURN = 0x06;
const WHOLE_PACKET = 0xffff_ffff;

/** `TTL or hop limit >= minimum ? whole packet : nothing`, as four instructions of sock_filter. */
export function hopLimitFilter(isV4: boolean, minimum: number): Uint8Array {
  const program = Buffer.alloc(32);
  const put = (index: number, code: number, ifFalse: number, value: number) => {
    program.writeUInt16LE(code, index * 8);
    program.writeUInt8(ifFalse, index * 8 + 3);
    program.writeUInt32LE(value >>> 0, index * 8 + 4);
  };
  put(0, LOAD_OCTET, 0, SKF_NET_OFF + (isV4 ? IPV4_TTL_AT : IPV6_HOP_LIMIT_AT));
  put(1, JUMP_IF_AT_LEAST, 1, minimum);
  put(2, RETURN, 0, WHOLE_PACKET);
  put(3, RETURN, 0, 0);
  return program;
}
