// Convolutions by Winograd's minimal filtering: a third to a quarter of the multiplications that the definition takes. In single precision, for processors with AVX2 and
// FMA or with AVX-512, almost as exact (a test compares it with a direct sum); in bfloat16, for those that multiply that themselves, with what is multiplied rounded
// to it. oneDNN has it for single precision and AVX-512 alone, and not for maps whose channels lie side by side.
//
// S. Winograd, Arithmetic Complexity of Computations, 1980; A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015.
// Tiles of 6 x 6 input pixels; interpolation points 0, +-1/sqrt 2, +-sqrt 2 and infinity, whose rounding errors are a fifth of the usual 0, +-1, +-2's.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "winograd_tiles.h"

namespace flair {

class Winograd {
 public:
  // Whether it computes such a convolution on this processor: either of 2 x 2 to 4 x 4 with stride 1 (with dilation d of 3 x 3,
  // which is d x d such ones, each of every d-th row and column, where their tiles are not too empty), or
  // of 3 x 3 to 7 x 7 with stride 2 (which has half the taps over four times the channels, one for each place in a square of 2 x 2 pixels), or a
  // transposed one of 4 x 4 with stride 2 (which is four of 2 x 2, one for each place in a square of 2 x 2 output pixels).
  static bool suits(const flair_convolution& what);

  // kernel: [out][in][row][column].
  Winograd(const flair_convolution& what, const float* kernel, const float* bias);

  // Its name, e.g. winograd:avx2.
  const char* implementation() const { return passes_.name; }

  size_t scratchpad_bytes() const;

  // So that the kernel is read once for all of them: of a small window's coarse maps it is many times what there is to read of them.
  void run(const flair_maps* images, int32_t count, void* scratchpad) const;

 private:
  struct Free {
    void operator()(void* memory) const;
  };

  // A tile: of which image, which of the parts that a dilated convolution falls into, by its first output row and column, and where in that.
  struct Tile {
    int32_t image, first_row, first_column, row, column;
  };

  int32_t tiles_of_image() const { return what_.dilation * what_.dilation * tile_rows_ * tile_columns_; }
  Tile tile(int32_t number) const;

  int32_t kernel_channels() const;   // as multiplied: of all parts, filled up
  size_t values_plane() const;       // elements from one point to the next, of the input at the points
  size_t products_plane() const;     // and of the products

  flair_convolution what_;
  const TilePasses& passes_;
  int32_t taps_;              // along an axis, of what is computed
  int32_t in_parts_, parts_;  // 1, or 4 places in a square of input pixels, or of output pixels
  int32_t part_channels_;     // output channels of one part, filled up
  int32_t first_row_, first_column_;  // input pixel of the first tile
  int32_t tile_rows_, tile_columns_, block_;  // tiles of a part, and how many tiles are computed together
  int32_t values_row_;                        // elements from one tile to the next, of its input at one point
  std::unique_ptr<void, Free> kernel_;        // [36], each as multiply.h wants it
  std::vector<float> bias_;
};

}  // namespace flair
