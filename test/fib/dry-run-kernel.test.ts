import t from 'tap';
import { DryRunKernel } from '../../src/fib/dry-run-kernel.ts';
import type { RouteOperation } from '../../src/fib/kernel.ts';
import { parsePrefix } from '../../src/net/text.ts';
import { testKernel } from '../contract/kernel.ts';
import { memoryLab } from '../support/kernel-lab.ts';

testKernel(
  t,
  async () => {
    const lab = memoryLab();
    return { ...lab, kernel: new DryRunKernel(lab.kernel, () => {}) };
  },
  ({ kernel }) => kernel.close(),
  { isDry: true },
);

t.test('logs each operation and leaves the real tables alone', async (t) => {
  const { kernel: real } = memoryLab();
  const prefix = parsePrefix('100.64.0.0/26')!;
  const target = { type: 'blackhole', nextHops: [], metric: 0 } as const;
  real.put({ prefix, target, table: 254, protocol: 12 });
  const logged: RouteOperation[] = [];
  const kernel = new DryRunKernel(real, (operation) => logged.push(operation));
  await kernel.apply({
    table: 254,
    protocol: 12,
    operations: [{ action: 'delete', prefix, target }],
  });
  t.match(logged, [{ action: 'delete' }]);
  t.equal(real.routes().length, 1);
  t.equal(real.applied.length, 0);
});
