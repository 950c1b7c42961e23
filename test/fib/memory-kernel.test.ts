import t from 'tap';
import { testKernel } from '../contract/kernel.ts';
import { memoryLab } from '../support/kernel-lab.ts';

testKernel(
  t,
  async () => memoryLab(),
  ({ kernel }) => kernel.close(),
);
