import t from 'tap';
import { maskedCommandLine } from '../../src/run/keep-secrets.ts';

t.test('a password on the command line is hidden from the process list', async (t) => {
  t.equal(maskedCommandLine(['--datastore', 'etcd', '--node', 'a']), undefined);
  t.equal(
    maskedCommandLine(['--etcd-password', 'x', '--k8s-api-token=y', '--node', 'a']),
    '--etcd-password ******** --k8s-api-token=******** --node a',
  );
});
