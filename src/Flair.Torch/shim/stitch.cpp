// Stitching on the CPU: what softmax, weighting, adding, argmax and scaling would do in a dozen passes over memory, in one each.
//
// Every pixel is computed by itself, its channels always in the same order, so the result does not depend on how many threads share
// the rows. Pixels are taken in strips, so that the inner loops run along pixels and the compiler makes vectors of them; target_clones
// picks the widest instructions of the machine at load time.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "common.hpp"

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define FLAIR_VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FLAIR_VECTORIZED
#endif

namespace flair {
namespace {

constexpr int kStrip = 64;  // pixels at a time: a strip of 19 channels is 5 KB, well inside the first cache
constexpr int64_t kRowsPerTask = 4;

// e^x for x <= 0, to about one unit in the last place; 0 where it would be below single precision's normal numbers. x = n ln 2 + r with |r| <= ln 2 / 2, e^r by its series to r^7, 2^n by its bits.
__attribute__((always_inline)) inline float exp_negative(float x) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds to a whole number
  const bool vanishes = x < -87.0f;
  x = vanishes ? -87.0f : x;
  const float n = (x * 1.44269504088896341f + kRound) - kRound;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.98412698e-4f;
  p = p * r + 1.38888889e-3f;
  p = p * r + 8.33333333e-3f;
  p = p * r + 4.16666667e-2f;
  p = p * r + 1.66666667e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return vanishes ? 0.0f : p * power;
}

// One row: sums[c][x] += weight[x] * softmax(logits[:, x])[c].
FLAIR_VECTORIZED
void blend_row(const float* logits, int64_t channel_stride, int64_t column_stride, const float* weights, float* sums, int64_t sum_stride,
               int64_t channels, int64_t columns, float* strip) {
  for (int64_t start = 0; start < columns; start += kStrip) {
    const int count = static_cast<int>(std::min<int64_t>(kStrip, columns - start));
    const float* from = logits + start * column_stride;
    if (column_stride == 1) {
      for (int64_t c = 0; c < channels; c++) std::memcpy(strip + c * kStrip, from + c * channel_stride, count * sizeof(float));
    } else {
      for (int x = 0; x < count; x++)
        for (int64_t c = 0; c < channels; c++) strip[c * kStrip + x] = from[x * column_stride + c * channel_stride];
    }
    for (int64_t c = 0; c < channels; c++)
      for (int x = count; x < kStrip; x++) strip[c * kStrip + x] = 0;

    float largest[kStrip], sum[kStrip], scale[kStrip];
    for (int x = 0; x < kStrip; x++) largest[x] = strip[x], sum[x] = 0;
    for (int64_t c = 1; c < channels; c++)
      for (int x = 0; x < kStrip; x++) largest[x] = strip[c * kStrip + x] > largest[x] ? strip[c * kStrip + x] : largest[x];
    for (int64_t c = 0; c < channels; c++)
      for (int x = 0; x < kStrip; x++) {
        const float e = exp_negative(strip[c * kStrip + x] - largest[x]);
        strip[c * kStrip + x] = e;
        sum[x] += e;
      }
    for (int x = 0; x < count; x++) scale[x] = weights[start + x] / sum[x];
    for (int64_t c = 0; c < channels; c++) {
      float* to = sums + c * sum_stride + start;
      for (int x = 0; x < count; x++) to[x] += strip[c * kStrip + x] * scale[x];
    }
  }
}

struct Finished {
  uint8_t* classes;
  uint8_t* confidence;     // may be null
  uint8_t* probabilities;  // may be null; [channels, rows, columns]
  int64_t probability_stride;
};

// One row: the active class of the largest sum, its share of all and every class's share, in 255ths rounded down.
FLAIR_VECTORIZED
void finish_row(const float* sums, int64_t channel_stride, const float* totals, const uint8_t* active, uint8_t nodata, Finished out,
                int64_t channels, int64_t columns) {
  for (int64_t start = 0; start < columns; start += kStrip) {
    const int count = static_cast<int>(std::min<int64_t>(kStrip, columns - start));
    float total[kStrip], largest[kStrip], scale[kStrip];
    int32_t best[kStrip];
    for (int x = 0; x < kStrip; x++) total[x] = 0, largest[x] = -1, best[x] = 0;
    for (int64_t c = 0; c < channels; c++) {
      const float* from = sums + c * channel_stride + start;
      for (int x = 0; x < count; x++) total[x] += from[x];
      if (!active[c]) continue;
      for (int x = 0; x < count; x++) {
        const bool larger = from[x] > largest[x];
        largest[x] = larger ? from[x] : largest[x];
        best[x] = larger ? static_cast<int32_t>(c) : best[x];
      }
    }
    if (totals != nullptr)
      for (int x = 0; x < count; x++) total[x] = totals[start + x];
    for (int x = 0; x < count; x++) scale[x] = total[x] > 0 ? 255.0f / total[x] : 0.0f;
    for (int x = 0; x < count; x++) out.classes[start + x] = static_cast<uint8_t>(total[x] > 0 ? best[x] : nodata);
    if (out.confidence != nullptr)
      for (int x = 0; x < count; x++) out.confidence[start + x] = static_cast<uint8_t>(static_cast<int32_t>(std::min(largest[x] * scale[x], 255.0f)));
    if (out.probabilities == nullptr) continue;
    for (int64_t c = 0; c < channels; c++) {
      const float* from = sums + c * channel_stride + start;
      uint8_t* to = out.probabilities + c * out.probability_stride + start;
      for (int x = 0; x < count; x++) to[x] = static_cast<uint8_t>(static_cast<int32_t>(std::min(from[x] * scale[x], 255.0f)));
    }
  }
}

void check_floats(const at::Tensor& tensor, int64_t dims, const char* what) {
  TORCH_CHECK(tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.dim() == dims, what, " must be float32 on the CPU with ", dims,
              " dimensions");
}

uint8_t* bytes_of(flair_tensor handle, at::IntArrayRef sizes, const char* what) {
  if (handle == nullptr) return nullptr;
  const auto& tensor = unwrap(handle);
  TORCH_CHECK(tensor.device().is_cpu() && tensor.scalar_type() == at::kByte && tensor.is_contiguous() && tensor.sizes() == sizes, what,
              " must be contiguous uint8 on the CPU of size ", sizes);
  return tensor.data_ptr<uint8_t>();
}

}  // namespace
}  // namespace flair

using namespace flair;

int32_t flair_blend(flair_tensor logits_handle, int64_t index, flair_tensor weights_handle, flair_tensor sums_handle, const flair_rect* part, int64_t row,
                    int64_t column) {
  return guarded(-1, [=] {
    const auto& logits = unwrap(logits_handle);
    const auto& weights = unwrap(weights_handle);
    const auto& sums = unwrap(sums_handle);
    check_floats(logits, 4, "logits");
    check_floats(weights, 2, "weights");
    check_floats(sums, 3, "sums");
    const int64_t channels = logits.size(1);
    const auto inside = [](int64_t start, int64_t length, int64_t size) { return start >= 0 && length >= 0 && start <= size - length; };
    TORCH_CHECK(index >= 0 && index < logits.size(0), "window ", index, " of a batch of ", logits.size(0));
    TORCH_CHECK(channels > 0 && sums.size(0) == channels, "logits of ", channels, " classes, sums of ", sums.size(0));
    TORCH_CHECK(weights.size(0) == logits.size(2) && weights.size(1) == logits.size(3), "weights of another size than the window");
    TORCH_CHECK(weights.stride(1) == 1 && sums.stride(2) == 1, "weights and sums must be dense along columns");
    TORCH_CHECK(inside(part->row, part->rows, logits.size(2)) && inside(part->column, part->columns, logits.size(3)), "the part is not inside the window");
    TORCH_CHECK(inside(row, part->rows, sums.size(1)) && inside(column, part->columns, sums.size(2)), "the part's place is not inside the sums");
    if (part->rows == 0 || part->columns == 0) return 0;

    const float* from = logits.data_ptr<float>() + index * logits.stride(0) + part->row * logits.stride(2) + part->column * logits.stride(3);
    const float* weight = weights.data_ptr<float>() + part->row * weights.stride(0) + part->column;
    float* to = sums.data_ptr<float>() + row * sums.stride(1) + column;
    at::parallel_for(0, part->rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      std::vector<float> strip(channels * kStrip);
      for (int64_t y = begin; y < end; y++)
        blend_row(from + y * logits.stride(2), logits.stride(1), logits.stride(3), weight + y * weights.stride(0), to + y * sums.stride(1), sums.stride(0),
                  channels, part->columns, strip.data());
    });
    return 0;
  });
}

int32_t flair_finish(flair_tensor sums_handle, flair_tensor totals_handle, const uint8_t* active, int32_t active_count, int32_t nodata,
                     flair_tensor classes_handle, flair_tensor confidence_handle, flair_tensor probabilities_handle) {
  return guarded(-1, [=] {
    const auto& sums = unwrap(sums_handle);
    check_floats(sums, 3, "sums");
    const int64_t channels = sums.size(0), rows = sums.size(1), columns = sums.size(2);
    TORCH_CHECK(sums.stride(2) == 1, "sums must be dense along columns");
    TORCH_CHECK(active_count == channels && channels <= 256, "sums of ", channels, " classes, ", active_count, " flags");
    TORCH_CHECK(std::any_of(active, active + active_count, [](uint8_t flag) { return flag != 0; }), "no class is active");
    const float* totals = nullptr;
    int64_t totals_stride = 0;
    if (totals_handle != nullptr) {
      const auto& tensor = unwrap(totals_handle);
      check_floats(tensor, 2, "totals");
      TORCH_CHECK(tensor.size(0) == rows && tensor.size(1) == columns && tensor.stride(1) == 1, "totals of another size than the sums");
      totals = tensor.data_ptr<float>();
      totals_stride = tensor.stride(0);
    }
    uint8_t* classes = bytes_of(classes_handle, {rows, columns}, "classes");
    uint8_t* confidence = bytes_of(confidence_handle, {rows, columns}, "confidence");
    uint8_t* probabilities = bytes_of(probabilities_handle, {channels, rows, columns}, "probabilities");
    TORCH_CHECK(classes != nullptr || rows * columns == 0, "classes are missing");

    const float* from = sums.data_ptr<float>();
    at::parallel_for(0, rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      for (int64_t y = begin; y < end; y++) {
        const int64_t offset = y * columns;
        finish_row(from + y * sums.stride(1), sums.stride(0), totals == nullptr ? nullptr : totals + y * totals_stride, active, static_cast<uint8_t>(nodata),
                   {classes + offset, confidence == nullptr ? nullptr : confidence + offset, probabilities == nullptr ? nullptr : probabilities + offset,
                    rows * columns},
                   channels, columns);
      }
    });
    return 0;
  });
}
