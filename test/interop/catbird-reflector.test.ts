/** Catbird reflects between Catbird and BIRD clients and peers with a BIRD ToR. */
import { catbirdReflector } from '../../lab/scenes/catbird-reflector.ts';
import { playScene } from './play-scene.ts';

playScene(catbirdReflector);
