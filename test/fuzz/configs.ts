/** Configurations to begin from: one that uses every section, one that is the least there can be. */

/** The node rendered for. */
export const NODE = 'node-a';

export const TEXTS: readonly string[] = [
  `router:
  asNumber: 64512
  routerId: 10.0.0.1
  clusterId: 10.0.0.1
  listen: { port: 0, addresses: ["10.0.0.1", "::"] }
  defaultLocalPref: 100
  normalPriority: { ipv4-unicast: 2000 }
fib:
  metric: local-pref
  rejectPrefixes: [10.96.0.0/12]
  localSubnets: [10.0.0.1/24]
  rejectNextHops: [10.0.0.2]
blocks:
  - { cidr: 10.244.1.0/26, state: pendingDeletion }
  - { cidr: "fd00:1::/122" }
originate:
  - { cidr: 192.0.2.1/32, kind: reachable-by, via: 10.0.0.254 }
pools: [{ cidr: 10.244.0.0/16, encapsulation: vxlan, program: false }]
neighbors:
  - name: a
    address: 10.0.0.2
    asNumber: 64512
    password: s3cret
    holdTime: 9
    connectRetryTime: 1m30s
    addPath: { send: false }
    gracefulRestart: { enabled: true, restartTime: 2m }
    routeReflectorClient: true
    maximumPrefixes: { limit: 5 }
    families: [ipv4-unicast, ipv6-unicast]
    import: [p]
    export: [p, q]
  - { name: b, address: "fd00::2", asNumber: 1.10, waitingFor: a secret, ttlSecurity: 1 }
neighborRanges:
  - { prefix: 10.1.0.0/16, asNumber: 64512, limit: 3 }
policies:
  p:
    - match: { prefixes: [10.0.0.0/8 le 24, "::/0+"], communities: ["1:2"], nextHops: ["::1"] }
      set: { addLargeCommunities: ["1:2:3"], addCommunities: [no-export], med: 5, localPref: 200 }
      action: next
    - { action: reject }
  q: []
log: { level: debug }
`,
  'router: { asNumber: 64512, routerId: 10.0.0.1 }\n',
];
