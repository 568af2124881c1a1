// Loops over pixels that no library has, in host memory, behind C functions that Flair.Kernels calls. They need no library but the compiler's own.
// Callers see to it that what they pass fits; nothing is checked here.
#pragma once
#include <stdint.h>

#define FLAIR_API extern "C" __attribute__((visibility("default")))

// A part of an image in single precision. Strides are in values.
struct flair_image {
  float* values;
  int64_t classes, rows, columns;
  int64_t class_stride, row_stride, column_stride;
};

// Where a finished map's part goes; probabilities may be null.
struct flair_finished {
  uint8_t* classes;
  uint8_t* confidence;
  uint8_t* probabilities;
  int64_t row_stride;    // of all three
  int64_t class_stride;  // of the probabilities
};

// memory.cpp

// Memory of that many bytes, aligned to a line of the cache, and large blocks to a huge page, of which they are made where the system has them to
// give; null where there is none left.
FLAIR_API void* flair_allocate(int64_t bytes);
FLAIR_API void flair_free(void* memory);

// stitch.cpp

// sums[c, i, j] += weights[i, j] * softmax(logits[:, i, j])[c]. Both images have the same size; the weights' rows are dense.
FLAIR_API void flair_blend(const flair_image* logits, const float* weights, int64_t weights_stride, const flair_image* sums, int32_t threads);

// The active class of the largest sum, its share of all and every class's share, in 255ths rounded down; nodata and 0 where all sums are 0. At
// most 256 classes, one active at least. Leaves the sums 0 where it is to clear them.
FLAIR_API void flair_finish(const flair_image* sums, const uint8_t* active, int32_t nodata, int32_t clear, const flair_finished* to, int32_t threads);
