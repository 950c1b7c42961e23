import t from 'tap';
import { testScenarios } from '../contract/datastore-scenarios.ts';
import { folderDriver } from './folder-fixture.ts';

testScenarios(t, () => folderDriver(t));
