/** Nodes behind a GoBGP route reflector outside the cluster: GoBGP, kernels and pods agree. */
import { reflectorOffCluster } from '../../lab/scenes/reflector-off-cluster.ts';
import { playScene } from './play-scene.ts';

playScene(reflectorOffCluster);
