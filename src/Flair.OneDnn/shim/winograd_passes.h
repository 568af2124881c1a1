// What winograd_tiles.h declares, for the processors and elements that whoever includes this has named as multiply.h wants them named.
#pragma once
#include "multiply.h"
#include "winograd_tiles.h"

namespace flair {
namespace {

FLAIR_TARGET

// The points.
constexpr float inner = 0.70710678118654752f, outer = 1.41421356237309505f;

// Along one axis: the input's six values at the six points.
FLAIR_INLINE void transform_input(const vec* in, int in_step, vec* out, int out_step) {
  const vec d0 = in[0], d1 = in[in_step], d2 = in[2 * in_step], d3 = in[3 * in_step], d4 = in[4 * in_step], d5 = in[5 * in_step];
  const vec even_inner = d4 - 2 * d2, odd_inner = inner * (d3 - 2 * d1), even_outer = d4 - 0.5f * d2, odd_outer = outer * (d3 - 0.5f * d1);
  out[0] = d0 - 2.5f * d2 + d4;
  out[out_step] = even_inner + odd_inner;
  out[2 * out_step] = even_inner - odd_inner;
  out[3 * out_step] = even_outer + odd_outer;
  out[4 * out_step] = even_outer - odd_outer;
  out[5 * out_step] = d1 - 2.5f * d3 + d5;
}

// Along one axis: the products at the six points to so many outputs, 3 to 5.
template <int Outputs>
FLAIR_INLINE void transform_output(const vec* in, vec* out, int out_step) {
  const vec even_inner = in[1] + in[2], odd_inner = in[1] - in[2], even_outer = in[3] + in[4], odd_outer = in[3] - in[4];
  out[0] = in[0] + even_inner + even_outer;
  out[out_step] = inner * odd_inner + outer * odd_outer;
  vec last = 0.5f * even_inner + 2 * even_outer;
  if constexpr (Outputs > 3) {
    out[2 * out_step] = last;
    last = (0.5f * inner) * odd_inner + (2 * outer) * odd_outer;
  }
  if constexpr (Outputs > 4) {
    out[3 * out_step] = last;
    last = 0.25f * even_inner + 4 * even_outer;
  }
  out[(Outputs - 1) * out_step] = last + in[5];
}

void read_tile(const flair_convolution& what, const void* of, int row, int column, int step, void* to, size_t plane) {
  const int rows = what.in_rows, columns = what.in_columns, channels = what.in_channels, reach = (side - 1) * step;
  const auto* map = static_cast<const element*>(of);
  auto* values = static_cast<element*>(to);
  const bool inside = row >= 0 && column >= 0 && row + reach < rows && column + reach < columns;
  const lane_mask last = first_lanes(channels % lanes);
  for (int c = 0; c < channels; c += lanes) {
    const bool full = channels - c >= lanes;
    vec half[points];
    for (int j = 0; j < side; j++) {
      vec pixels[side];
      const int x = column + j * step;
      for (int i = 0; i < side; i++) {
        const int y = row + i * step;
        const element* from = map + (static_cast<ptrdiff_t>(y) * columns + x) * channels + c;
        const bool there = inside || (y >= 0 && y < rows && x >= 0 && x < columns);
        pixels[i] = !there ? vec{} : full ? load(from) : load_some(from, last);
      }
      transform_input(pixels, 1, half + j, side);
    }
    for (int i = 0; i < side; i++) {
      vec whole[side];
      transform_input(half + i * side, 1, whole, 1);
      for (int j = 0; j < side; j++) store(values + (i * side + j) * plane + c, whole[j]);
    }
  }
}

template <int Outputs, class Value>
void write_tile_of(const float* products, size_t plane, int tile_row, int tile_column, const Target& target) {
  const lane_mask last = first_lanes(target.channels % lanes);
  for (int k = 0; k < target.channels; k += lanes) {
    const bool full = target.channels - k >= lanes;
    vec half[Outputs * side];
    for (int j = 0; j < side; j++) {
      vec column[side];
      for (int i = 0; i < side; i++) column[i] = load(products + (i * side + j) * plane + k);
      transform_output<Outputs>(column, half + j, side);
    }
    const vec bias = load(target.bias + k);
    for (int i = 0; i < Outputs; i++) {
      const int y = target.step * (Outputs * tile_row + i) + target.rows.first;
      if (y < 0 || y >= target.rows.size) continue;
      vec pixels[Outputs];
      transform_output<Outputs>(half + i * side, pixels, 1);
      for (int j = 0; j < Outputs; j++) {
        const int x = target.step * (Outputs * tile_column + j) + target.columns.first;
        if (x < 0 || x >= target.columns.size) continue;
        Value* to = static_cast<Value*>(target.map) + (static_cast<size_t>(y) * target.columns.size + x) * target.channels + k;
        vec value = pixels[j] + bias;
        if (target.sum) value += target.sum_scale * (full ? load(to) : load_some(to, last));
        if (target.relu) value = value > 0 ? value : vec{};
        full ? store(to, value) : store_some(to, value, last);
      }
    }
  }
}

template <class Value>
void write_tile_as(int outputs, const float* products, size_t plane, int tile_row, int tile_column, const Target& target) {
  switch (outputs) {
    case 3: return write_tile_of<3, Value>(products, plane, tile_row, tile_column, target);
    case 4: return write_tile_of<4, Value>(products, plane, tile_row, tile_column, target);
    default: return write_tile_of<5, Value>(products, plane, tile_row, tile_column, target);
  }
}

void write_tile(int outputs, const float* products, size_t plane, int tile_row, int tile_column, const Target& target) {
#ifdef FLAIR_BFLOAT16_ELEMENTS
  if (!target.single) return write_tile_as<uint16_t>(outputs, products, plane, tile_row, tile_column, target);
#endif
  write_tile_as<float>(outputs, products, plane, tile_row, tile_column, target);
}

void multiply_tiles(const void* values, size_t values_row, const void* kernel, int tiles, int channels, int outputs, float* products) {
  multiply(static_cast<const element*>(values), values_row, static_cast<const element*>(kernel), tiles, channels, outputs, products);
}

FLAIR_TARGET_END

constexpr TilePasses tile_passes(const char* name) { return {name, lanes, unit, sizeof(element), read_tile, multiply_tiles, write_tile}; }

}  // namespace
}  // namespace flair
