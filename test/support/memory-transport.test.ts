import t from 'tap';
import { parseAddress } from '../../src/net/text.ts';
import { transportContract } from '../contract/transport.ts';
import { FakeClock } from './fake-clock.ts';
import { MemoryNetwork } from './memory-transport.ts';

transportContract(t, 'memory', () => {
  const clock = new FakeClock();
  const address = parseAddress('10.0.0.1')!;
  return {
    transport: new MemoryNetwork(clock).host(address),
    address,
    foreignAddress: parseAddress('192.0.2.1')!,
    until: async (condition) => {
      for (let i = 0; i < 1000 && !condition(); i++) clock.advance(1);
      if (!condition()) throw new Error('the condition never held');
    },
  };
});
