/** A killed daemon leaves its kernel routes, and takes them over again without a gap. */
import { restart } from '../../lab/scenes/restart.ts';
import { playScene } from './play-scene.ts';

playScene(restart);
