import t from 'tap';
import { IpCommandKernel } from '../../src/fib/ip-command-kernel.ts';
import { testKernel } from '../contract/kernel.ts';
import { liveLab, makeInterfaces, removeInterfaces } from '../support/kernel-lab.ts';
import { inNamespace } from '../support/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  testKernel(
    t,
    async () => {
      makeInterfaces();
      return liveLab(new IpCommandKernel());
    },
    async ({ kernel }) => {
      await kernel.close();
      removeInterfaces();
    },
    { tellsOverrunOnly: true },
  );
});
