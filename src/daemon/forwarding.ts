/**
 * The forwarding side as the daemon uses it: the kernel FIB and what the kernel says about next hops,
 * or nothing at all for a pure reflector.
 */
import type { Fib } from '../fib/fib.ts';
import type { RouteTarget } from '../fib/kernel.ts';
import type { Prefix } from '../net/prefix.ts';
import type { NextHopResolver } from '../rib/ports.ts';
