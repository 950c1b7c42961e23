import t from 'tap';
import {
  EndpointRing,
  parseEndpoint,
  type ResolveSrv,
} from '../../../src/datastore/etcd/endpoints.ts';
import { cipherNames } from '../../../src/datastore/etcd/tls-context.ts';
import { chooseDatastore } from '../../../src/datastore/settings/choose.ts';
import type { EtcdSettings } from '../../../src/datastore/settings/settings.ts';

const settings = (env: Record<string, string>) =>
  chooseDatastore({ DATASTORE_TYPE: 'etcdv3', ...env }, 'node-a') as EtcdSettings;

t.test('endpoints as they are written (§1.3)', async (t) => {
  t.strictSame(parseEndpoint('https://10.0.0.1:2379', false), {
    address: '10.0.0.1:2379',
    isSecure: true,
  });
  t.match(parseEndpoint('http://[fd00::1]:80/', true), {
    address: '[fd00::1]:80',
    isSecure: false,
  });
  t.match(parseEndpoint('https://etcd.example.net', false), { address: 'etcd.example.net:2379' });
  t.match(parseEndpoint('etcd:1', true), { isSecure: true }, 'certificates decide');
  t.match(parseEndpoint('etcd:1', false), { isSecure: false });
  for (const text of [
    '',
    'ftp://a:1',
    'http://a:b',
    'http://a/path',
    'u:p@host:1',
    'fd00::1:2379',
  ]) {
    t.throws(() => parseEndpoint(text, false), { code: 'CATBIRD_DATASTORE_SETTINGS' }, text);
  }
});

t.test('endpoints take turns, beginning anywhere', async (t) => {
  const env = { ETCD_ENDPOINTS: 'http://a:1,http://b:1,http://c:1' };
  const ring = new EndpointRing(settings(env), { uniform: () => 0.5 });
  const order: string[] = [];
  for (let i = 0; i < 6; i++) {
    order.push((await ring.next()).address);
    t.equal(ring.isRoundOver, i % 3 === 2);
  }
  t.strictSame(order, ['b:1', 'c:1', 'a:1', 'b:1', 'c:1', 'a:1']);
});

t.test('SRV records of both services are asked for in every round (§1.3)', async (t) => {
  const asked: string[] = [];
  const resolve = (async (name: string) => {
    asked.push(name);
    if (name.startsWith('_etcd-client._tcp')) throw new Error('ENOTFOUND');
    return [
      { name: 'second', port: 2, priority: 2, weight: 1 },
      { name: 'first', port: 1, priority: 1, weight: 1 },
    ];
  }) as ResolveSrv;
  const env = { ETCD_DISCOVERY_SRV: 'example.net' };
  const ring = new EndpointRing(settings(env), { uniform: () => 0 }, resolve);
  t.strictSame(await ring.next(), { address: 'first:1', isSecure: true });
  t.match(await ring.next(), { address: 'second:2' });
  await ring.next();
  t.strictSame(asked, [
    '_etcd-client-ssl._tcp.example.net',
    '_etcd-client._tcp.example.net',
    '_etcd-client-ssl._tcp.example.net',
    '_etcd-client._tcp.example.net',
  ]);
  const nowhere = (async () => {
    throw new Error('ENOTFOUND');
  }) as ResolveSrv;
  const lost = new EndpointRing(settings(env), { uniform: () => 0 }, nowhere);
  await t.rejects(lost.next(), { message: /below example\.net: ENOTFOUND/ });
});

t.test("cipher suites by IANA's names and OpenSSL's (§1.3)", async (t) => {
  t.equal(
    cipherNames(
      'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
    ),
    'ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305',
  );
  t.equal(cipherNames('TLS_RSA_WITH_AES_256_CBC_SHA'), 'AES256-SHA');
  t.equal(cipherNames('ECDHE-RSA-AES256-GCM-SHA384'), 'ECDHE-RSA-AES256-GCM-SHA384');
  t.equal(cipherNames('TLS_AES_128_GCM_SHA256'), 'TLS_AES_128_GCM_SHA256');
  t.throws(() => cipherNames('TLS_ROT13'), { message: /there is no 'TLS_ROT13'/ });
});
