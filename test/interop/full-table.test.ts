/** A full Internet table through a Catbird reflector arrives at BIRD unchanged. */
import { fullTable } from '../../lab/scenes/full-table.ts';
import { playScene } from './play-scene.ts';

playScene(fullTable);
