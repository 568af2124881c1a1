// Attention of every query to every key (Vaswani et al. 2017), a few queries at a time: what they make of all keys stays in the second-level cache.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "flair_onednn.h"
#include "multiply.h"
#include "values.h"

namespace flair {
namespace {

constexpr int query_rows = 48;

FLAIR_TARGET

// Panels as multiply wants them of [channel][output], each element by its own.
template <class Element>
FLAIR_INLINE void pack(int32_t channels, int32_t outputs, float* panels, Element element) {
  for (int32_t o = 0; o < outputs; o += panel_width) {
    const int32_t width = std::min(panel_width, round_up(outputs, lanes) - o);
    for (int32_t c = 0; c < channels; c++)
      for (int32_t l = 0; l < width; l++) *panels++ = o + l < outputs ? element(c, o + l) : 0.0f;
  }
}

// Similarities to their exponentials less the largest's; returns one over their sum. What lies beyond the keys is as good as 0 afterwards.
FLAIR_INLINE float soften(float* row, int32_t keys, int32_t width) {
  float largest[lanes], sums[lanes] = {};
  for (int32_t k = keys; k < width; k++) row[k] = -1e30f;
  for (int l = 0; l < lanes; l++) largest[l] = row[l];
  for (int32_t k = lanes; k < width; k += lanes)
    for (int l = 0; l < lanes; l++) largest[l] = row[k + l] > largest[l] ? row[k + l] : largest[l];
  const float top = *std::max_element(largest, largest + lanes);
  for (int32_t k = 0; k < width; k++) row[k] = exp_of(row[k] - top);
  for (int32_t k = 0; k < width; k += lanes)
    for (int l = 0; l < lanes; l++) sums[l] += row[k + l];
  float sum = 0;
  for (float part : sums) sum += part;
  return 1 / sum;
}

template <class Value>
void attend(const Value* queries, const Value* keys_values, int32_t query_count, int32_t key_count, int32_t channels, int32_t heads, Value* out) {
  const int32_t depth = channels / heads, width = round_up(key_count, lanes), out_width = round_up(depth, lanes);
  std::vector<float> keys(static_cast<size_t>(depth) * width), values(static_cast<size_t>(key_count) * out_width);
  std::vector<float> query(static_cast<size_t>(query_rows) * depth), shares(static_cast<size_t>(query_rows) * width), seen(static_cast<size_t>(query_rows) * out_width);
  const float scale = 1 / std::sqrt(static_cast<float>(depth));
  for (int32_t first = 0; first < channels; first += depth) {
    const Value* key = keys_values + first;
    pack(depth, key_count, keys.data(), [&](int32_t c, int32_t k) { return widen(key[static_cast<size_t>(k) * 2 * channels + c]); });
    pack(key_count, depth, values.data(), [&](int32_t k, int32_t c) { return widen(key[static_cast<size_t>(k) * 2 * channels + channels + c]); });
    for (int32_t row = 0; row < query_count; row += query_rows) {
      const int32_t rows = std::min(query_rows, query_count - row);
      for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < depth; c++) query[r * depth + c] = widen(queries[static_cast<size_t>(row + r) * channels + first + c]) * scale;
      multiply(query.data(), depth, keys.data(), rows, depth, width, shares.data());
      float factors[query_rows];
      for (int32_t r = 0; r < rows; r++) factors[r] = soften(shares.data() + static_cast<size_t>(r) * width, key_count, width);
      multiply(shares.data(), width, values.data(), rows, key_count, out_width, seen.data());
      for (int32_t r = 0; r < rows; r++)
        for (int32_t c = 0; c < depth; c++) narrow(seen[r * out_width + c] * factors[r], out[static_cast<size_t>(row + r) * channels + first + c]);
    }
  }
}

FLAIR_TARGET_END

}  // namespace
}  // namespace flair

using namespace flair;

void flair_attention(const void* queries, const void* keys_values, int32_t type, int32_t query_count, int32_t key_count, int32_t channels, int32_t heads, void* out) {
  if (type == FLAIR_BFLOAT16)
    attend(static_cast<const uint16_t*>(queries), static_cast<const uint16_t*>(keys_values), query_count, key_count, channels, heads, static_cast<uint16_t*>(out));
  else
    attend(static_cast<const float*>(queries), static_cast<const float*>(keys_values), query_count, key_count, channels, heads, static_cast<float*>(out));
}
