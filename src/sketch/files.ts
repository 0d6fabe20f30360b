/** Reading and writing files of sketches. This needs Node, unlike ./index.ts. */
export {
  CHECKPOINT_FORMAT,
  type Checkpoint,
  loadCheckpoint,
  type ResumableOptions,
  removeCheckpoint,
  saveCheckpoint,
  sketchResumably,
} from "./checkpoint.ts";
export { DESIGN_FORMAT, loadDesign, loadSketch, SKETCH_FORMAT, saveDesign, saveSketch } from "./store.ts";
