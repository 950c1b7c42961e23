/** Kills, restarts, upgrades, outages and reloads lose no packet (START-1, START-3, START-4, START-7). */
import { noLoss } from '../../lab/scenes/no-loss.ts';
import { playScene } from './play-scene.ts';

playScene(noLoss);
