export {
  arrayDataset,
  type Batch,
  type Dataset,
  type DatasetName,
  datasetNames,
  type OpenOptions,
  openDataset,
  openDatasets,
} from "./dataset.ts";
export { InputError, messageOf } from "./errors.ts";
export { readFileOrExplain, writeAtomic } from "./files.ts";
export { editDistance, nearest, suggestion } from "./nearest.ts";
export { decodeNpy, encodeNpy, type NpyArray, type NpyData } from "./npy.ts";
export { decodeNpz, type Expected, encodeNpz, type Metadata, member, type Npz } from "./npz.ts";
export { readNpz, writeNpz } from "./npz-file.ts";
export { type Random, stream } from "./random.ts";
export { type FileArray, type ReadArrayOptions, readArray } from "./read-array.ts";
export { type Range, readRows } from "./rows.ts";
export { type SyntheticName, syntheticDataset, syntheticSets } from "./synthetic.ts";
