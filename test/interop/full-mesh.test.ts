/** The node-to-node mesh follows the datastore: a node leaves, a block is added. */
import { fullMesh } from '../../lab/scenes/full-mesh.ts';
import { playScene } from './play-scene.ts';

playScene(fullMesh);
