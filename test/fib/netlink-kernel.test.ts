import t from 'tap';
import { NetlinkKernel } from '../../src/fib/netlink-kernel.ts';
import { testKernel } from '../contract/kernel.ts';
import { liveLab, makeInterfaces, removeInterfaces } from '../support/kernel-lab.ts';
import { inNamespace } from '../support/namespace.ts';

await inNamespace(t, import.meta.url, async () => {
  testKernel(
    t,
    async () => {
      makeInterfaces();
      return liveLab(await NetlinkKernel.open());
    },
    async ({ kernel }) => {
      await kernel.close();
      removeInterfaces();
    },
  );
});
