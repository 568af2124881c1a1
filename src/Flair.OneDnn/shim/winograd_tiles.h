// The passes of Winograd's filtering over tiles, which are written once (winograd_passes.h) and compiled for several processors.
#pragma once
#include <cstddef>
#include <cstdint>

#include "flair_onednn.h"

namespace flair {

constexpr int side = 6;  // of a tile of input pixels
constexpr int points = side * side;

// How a tile's outputs lie: output row of tile t and row i in it is step * (outputs * t + i) + first.
struct Axis {
  int32_t first, size;
};

// What a tile's transform needs to know of the output map.
struct Target {
  void* map;
  bool single;  // whether the map is in single precision
  Axis rows, columns;
  int32_t step, channels;
  const float* bias;
  bool sum, relu;
  float sum_scale;
};

struct TilePasses {
  const char* name;
  int32_t lanes;     // output channels are filled up to a multiple of them
  int32_t unit;      // input channels are, to a multiple of this
  size_t bytes;      // of an element of the values at the points, and of the kernel
  // The tile that begins at a row and a column, which may lie outside of the map, of every pixel or every second: its values at the points, each plane apart.
  void (*read)(const flair_convolution& what, const void* map, int row, int column, int step, void* values, size_t plane);
  // At one point: [tile][channel] times the kernel, as multiply.h wants it.
  void (*multiply)(const void* values, size_t values_row, const void* kernel, int tiles, int channels, int outputs, float* products);
  // A tile's products, each point a plane apart, to its 3 to 5 outputs along an axis.
  void (*write)(int outputs, const float* products, size_t plane, int tile_row, int tile_column, const Target& target);
};

extern const TilePasses avx2_tiles, avx512_tiles;
extern const TilePasses bfloat16_tiles;  // of maps in bfloat16

}  // namespace flair
