// Sums and products of maps, element by element.
#include <cstddef>

#include "flair_onednn.h"
#include "values.h"

namespace flair {
namespace {

template <class Value>
__attribute__((always_inline)) inline void add(const flair_part& other, int32_t row, int32_t column, int32_t rows, int32_t columns, Value* map) {
  const size_t count = static_cast<size_t>(columns) * other.channels;
  for (int32_t y = row; y < row + rows; y++, map += count) {
    const Value* from = static_cast<const Value*>(other.data) + (static_cast<size_t>(y - other.row) * other.columns + (column - other.column)) * other.channels;
    for (size_t i = 0; i < count; i++) narrow(widen(map[i]) + widen(from[i]), map[i]);
  }
}

FLAIR_VECTORIZED
void add_wide(const flair_part& other, int32_t row, int32_t column, int32_t rows, int32_t columns, float* map) { add(other, row, column, rows, columns, map); }

FLAIR_VECTORIZED
void add_brain(const flair_part& other, int32_t row, int32_t column, int32_t rows, int32_t columns, uint16_t* map) { add(other, row, column, rows, columns, map); }

template <class Value>
__attribute__((always_inline)) inline void weigh_channels(const float* weights, int64_t pixels, int32_t channels, Value* map) {
  for (int64_t p = 0; p < pixels; p++, map += channels)
    for (int32_t c = 0; c < channels; c++) narrow(widen(map[c]) * weights[c], map[c]);
}

FLAIR_VECTORIZED
void weigh_channels_wide(const float* weights, int64_t pixels, int32_t channels, float* map) { weigh_channels(weights, pixels, channels, map); }

FLAIR_VECTORIZED
void weigh_channels_brain(const float* weights, int64_t pixels, int32_t channels, uint16_t* map) { weigh_channels(weights, pixels, channels, map); }

template <class Value>
__attribute__((always_inline)) inline void weigh_pixels(
    const flair_part& weights, int32_t row, int32_t column, int32_t rows, int32_t columns, int32_t channels, Value* map) {
  for (int32_t y = row; y < row + rows; y++) {
    const Value* from = static_cast<const Value*>(weights.data) + static_cast<size_t>(y - weights.row) * weights.columns + (column - weights.column);
    for (int32_t x = 0; x < columns; x++, map += channels) {
      const float weight = widen(from[x]);
      for (int32_t c = 0; c < channels; c++) narrow(widen(map[c]) * weight, map[c]);
    }
  }
}

FLAIR_VECTORIZED
void weigh_pixels_wide(const flair_part& weights, int32_t row, int32_t column, int32_t rows, int32_t columns, int32_t channels, float* map) {
  weigh_pixels(weights, row, column, rows, columns, channels, map);
}

FLAIR_VECTORIZED
void weigh_pixels_brain(const flair_part& weights, int32_t row, int32_t column, int32_t rows, int32_t columns, int32_t channels, uint16_t* map) {
  weigh_pixels(weights, row, column, rows, columns, channels, map);
}

}  // namespace
}  // namespace flair

using namespace flair;

void flair_add(const flair_part* other, int32_t type, int32_t row, int32_t column, int32_t rows, int32_t columns, void* map) {
  if (type == FLAIR_BFLOAT16)
    add_brain(*other, row, column, rows, columns, static_cast<uint16_t*>(map));
  else
    add_wide(*other, row, column, rows, columns, static_cast<float*>(map));
}

void flair_weigh_channels(const float* weights, int32_t type, int64_t pixels, int32_t channels, void* map) {
  if (type == FLAIR_BFLOAT16)
    weigh_channels_brain(weights, pixels, channels, static_cast<uint16_t*>(map));
  else
    weigh_channels_wide(weights, pixels, channels, static_cast<float*>(map));
}

void flair_weigh_pixels(const flair_part* weights, int32_t type, int32_t row, int32_t column, int32_t rows, int32_t columns, int32_t channels, void* map) {
  if (type == FLAIR_BFLOAT16)
    weigh_pixels_brain(*weights, row, column, rows, columns, channels, static_cast<uint16_t*>(map));
  else
    weigh_pixels_wide(*weights, row, column, rows, columns, channels, static_cast<float*>(map));
}
