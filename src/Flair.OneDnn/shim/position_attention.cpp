// MA-Net's attention between the positions of a map (Fan et al. 2020) as segmentation_models_pytorch computes it.
#include <algorithm>
#include <cstddef>
#include <vector>

#include "flair_onednn.h"
#include "values.h"

namespace flair {
namespace {

// sums[0 ... count) += factor * values[0 ... count).
__attribute__((always_inline)) inline void add_multiple(float factor, const float* values, int32_t count, float* sums) {
  for (int32_t i = 0; i < count; i++) sums[i] += factor * values[i];
}

template <class Value>
__attribute__((always_inline)) inline void attend(const Value* queries, const Value* keys, const Value* values, int32_t positions, int32_t width, int32_t channels, float* seen) {
  const size_t pairs = static_cast<size_t>(positions) * positions;
  std::vector<float> shares(pairs), by_channel(static_cast<size_t>(width) * positions), wide_values(static_cast<size_t>(positions) * channels);
  for (int32_t p = 0; p < positions; p++)
    for (int32_t c = 0; c < width; c++) by_channel[static_cast<size_t>(c) * positions + p] = widen(keys[static_cast<size_t>(p) * width + c]);
  for (size_t i = 0; i < wide_values.size(); i++) wide_values[i] = widen(values[i]);
  for (int32_t q = 0; q < positions; q++)
    for (int32_t c = 0; c < width; c++)
      add_multiple(widen(queries[static_cast<size_t>(q) * width + c]), by_channel.data() + static_cast<size_t>(c) * positions, positions, shares.data() + static_cast<size_t>(q) * positions);
  const float top = *std::max_element(shares.begin(), shares.end());
  double sum = 0;
  for (int32_t q = 0; q < positions; q++) {
    float* row = shares.data() + static_cast<size_t>(q) * positions;
    for (int32_t p = 0; p < positions; p++) row[p] = exp_of(row[p] - top);
    for (int32_t p = 0; p < positions; p++) sum += row[p];
  }
  const float factor = static_cast<float>(1 / sum);
  for (int32_t q = 0; q < positions; q++)
    for (int32_t p = 0; p < positions; p++)
      add_multiple(shares[static_cast<size_t>(q) * positions + p] * factor, wide_values.data() + static_cast<size_t>(p) * channels, channels, seen + static_cast<size_t>(q) * channels);
}

FLAIR_VECTORIZED
void attend_wide(const float* queries, const float* keys, const float* values, int32_t positions, int32_t width, int32_t channels, float* seen) {
  attend(queries, keys, values, positions, width, channels, seen);
}

FLAIR_VECTORIZED
void attend_brain(const uint16_t* queries, const uint16_t* keys, const uint16_t* values, int32_t positions, int32_t width, int32_t channels, float* seen) {
  attend(queries, keys, values, positions, width, channels, seen);
}

// What was seen, [position][channel], is taken as if it were [channel][position].
template <class Value>
void add_seen(const Value* in, const float* seen, int32_t positions, int32_t channels, Value* out) {
  for (int32_t p = 0; p < positions; p++)
    for (int32_t c = 0; c < channels; c++, in++, out++) narrow(widen(*in) + seen[static_cast<size_t>(c) * positions + p], *out);
}

}  // namespace
}  // namespace flair

using namespace flair;

void flair_position_attention(
    const void* in, const void* queries, const void* keys, const void* values, int32_t type, int32_t positions, int32_t width, int32_t channels, void* out) {
  std::vector<float> seen(static_cast<size_t>(positions) * channels);
  if (type == FLAIR_BFLOAT16) {
    attend_brain(static_cast<const uint16_t*>(queries), static_cast<const uint16_t*>(keys), static_cast<const uint16_t*>(values), positions, width, channels, seen.data());
    add_seen(static_cast<const uint16_t*>(in), seen.data(), positions, channels, static_cast<uint16_t*>(out));
  } else {
    attend_wide(static_cast<const float*>(queries), static_cast<const float*>(keys), static_cast<const float*>(values), positions, width, channels, seen.data());
    add_seen(static_cast<const float*>(in), seen.data(), positions, channels, static_cast<float*>(out));
  }
}
