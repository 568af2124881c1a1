// Stitching on the CPU: what softmax, weighting, adding, argmax and scaling would do in a dozen passes over memory, in one each.
//
// Every pixel is computed by itself, its channels always in the same order, so the result does not depend on how many threads share
// the rows, nor on where in a row it lies. Pixels are taken in strips, brought into planes where they lie pixel by pixel, so that the
// inner loops run along pixels and the compiler makes vectors of them; target_clones picks the widest instructions of the machine at
// load time.
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

constexpr int kStrip = 32;  // pixels at a time: what a strip of 19 channels reads and writes, and the next of both, lie in the first cache
constexpr int64_t kRowsPerTask = 4;

__attribute__((always_inline)) inline float larger(float a, float b) { return a > b ? a : b; }

// e^x for x <= 0, to about one unit in the last place; 0 below single precision's normal numbers. x = n ln 2 + r with |r| <= ln 2 / 2; e^r by
// a polynomial within 8e-9 of it; 2^n by its bits: rounding by adding leaves n + 127 in the lowest bits, and n = -127 makes the number 0.
__attribute__((always_inline)) inline float exp_negative(float x) {
  constexpr float kRound = 12582912.0f + 127.0f;  // 1.5 * 2^23: adding and subtracting it rounds to a whole number
  constexpr float kSmallest = -88.0296919f;       // -127 ln 2
  x = kSmallest > x ? kSmallest : x;              // what is not a number stays so
  const float shifted = x * 1.44269504088896341f + kRound;
  const float n = shifted - kRound;
  const float r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.39277624e-3f;
  p = p * r + 8.36444293e-3f;
  p = p * r + 4.16665449e-2f;
  p = p * r + 1.66665692e-1f;
  p = p * r + 0.5f;
  p = p * r + 1.0f;
  p = p * r + 1.0f;
  uint32_t bits;
  std::memcpy(&bits, &shifted, sizeof bits);
  bits <<= 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return p * power;
}

#if defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define FLAIR_SHUFFLES
#endif
#endif

#ifdef FLAIR_SHUFFLES
typedef float Four __attribute__((vector_size(16)));

__attribute__((always_inline)) inline Four load(const float* from) {
  Four four;
  std::memcpy(&four, from, sizeof four);
  return four;
}

// Each row is multiplied by scale first.
__attribute__((always_inline)) inline void transpose_4x4(const float* from, int64_t from_stride, Four scale, float* to, int64_t to_stride) {
  const Four a = load(from) * scale, b = load(from + from_stride) * scale, c = load(from + 2 * from_stride) * scale, d = load(from + 3 * from_stride) * scale;
  const Four ab01 = __builtin_shufflevector(a, b, 0, 4, 1, 5), ab23 = __builtin_shufflevector(a, b, 2, 6, 3, 7);
  const Four cd01 = __builtin_shufflevector(c, d, 0, 4, 1, 5), cd23 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  const Four rows[] = {__builtin_shufflevector(ab01, cd01, 0, 1, 4, 5), __builtin_shufflevector(ab01, cd01, 2, 3, 6, 7),
                       __builtin_shufflevector(ab23, cd23, 0, 1, 4, 5), __builtin_shufflevector(ab23, cd23, 2, 3, 6, 7)};
  for (int i = 0; i < 4; i++) std::memcpy(to + i * to_stride, &rows[i], sizeof rows[i]);
}
#endif

// [pixels][channels] -> [channels][kStrip], in blocks of 4 x 4; channels left over at the end are done in a block that overlaps the last.
__attribute__((always_inline)) inline void to_planes(const float* pixels, int64_t stride, int64_t count, int64_t channels, float* strip) {
  int64_t x = 0;
#ifdef FLAIR_SHUFFLES
  const Four one = {1, 1, 1, 1};
  for (; channels >= 4 && x + 4 <= count; x += 4) {
    int64_t c = 0;
    for (; c + 4 <= channels; c += 4) transpose_4x4(pixels + x * stride + c, stride, one, strip + c * kStrip + x, kStrip);
    if (c < channels) transpose_4x4(pixels + x * stride + channels - 4, stride, one, strip + (channels - 4) * kStrip + x, kStrip);
  }
#endif
  for (; x < count; x++)
    for (int64_t c = 0; c < channels; c++) strip[c * kStrip + x] = pixels[x * stride + c];
}

// The way back, of a whole strip, times scale[x]. Writing goes forward in memory.
__attribute__((always_inline)) inline void to_pixels(const float* strip, const float* scale, int64_t channels, float* pixels) {
  int64_t x = 0;
#ifdef FLAIR_SHUFFLES
  for (; channels >= 4 && x < kStrip; x += 4) {
    const Four factors = load(scale + x);
    int64_t c = 0;
    for (; c + 4 <= channels; c += 4) transpose_4x4(strip + c * kStrip + x, kStrip, factors, pixels + x * channels + c, channels);
    if (c < channels) transpose_4x4(strip + (channels - 4) * kStrip + x, kStrip, factors, pixels + x * channels + channels - 4, channels);
  }
#endif
  for (; x < kStrip; x++)
    for (int64_t c = 0; c < channels; c++) pixels[x * channels + c] = strip[c * kStrip + x] * scale[x];
}

// Where a row of an image lies in memory: the value of a channel and a pixel is at channel * channel_stride + pixel * pixel_stride.
struct Row {
  int64_t channel_stride, pixel_stride;
};

// One row: sums[c][x] += weight[x] * softmax(logits[:, x])[c]. Takes scratch for two strips.
FLAIR_VECTORIZED
void blend_row(const float* logits, Row logits_row, const float* weights, float* sums, Row sums_row, int64_t channels, int64_t columns, float* scratch) {
  float* strip = scratch;
  float* pixels = scratch + channels * kStrip;
  for (int64_t start = 0; start < columns; start += kStrip) {
    const int count = static_cast<int>(std::min<int64_t>(kStrip, columns - start));
    const float* from = logits + start * logits_row.pixel_stride;
    if (logits_row.pixel_stride == 1) {
      for (int64_t c = 0; c < channels; c++) std::memcpy(strip + c * kStrip, from + c * logits_row.channel_stride, count * sizeof(float));
    } else if (logits_row.channel_stride == 1) {
      to_planes(from, logits_row.pixel_stride, count, channels, strip);
    } else {
      for (int x = 0; x < count; x++)
        for (int64_t c = 0; c < channels; c++) strip[c * kStrip + x] = from[x * logits_row.pixel_stride + c * logits_row.channel_stride];
    }
    for (int64_t c = 0; c < channels; c++)
      for (int x = count; x < kStrip; x++) strip[c * kStrip + x] = 0;

    float largest[kStrip], sum[kStrip], scale[kStrip];
    for (int x = 0; x < kStrip; x++) largest[x] = strip[x], sum[x] = 0;
    int64_t next = 1;
    for (; next + 3 <= channels; next += 3)
      for (int x = 0; x < kStrip; x++) {
        const float* at = strip + next * kStrip + x;
        largest[x] = larger(larger(at[0], at[kStrip]), larger(at[2 * kStrip], largest[x]));
      }
    for (; next < channels; next++)
      for (int x = 0; x < kStrip; x++) largest[x] = larger(strip[next * kStrip + x], largest[x]);
    for (int64_t c = 0; c < channels; c++)
      for (int x = 0; x < kStrip; x++) {
        const float e = exp_negative(strip[c * kStrip + x] - largest[x]);
        strip[c * kStrip + x] = e;
        sum[x] += e;
      }
    std::memcpy(scale, weights + start, count * sizeof(float));
    for (int x = count; x < kStrip; x++) scale[x] = 0;
    for (int x = 0; x < kStrip; x++) scale[x] /= sum[x];

    if (sums_row.pixel_stride == 1) {
      for (int64_t c = 0; c < channels; c++) {
        float* to = sums + c * sums_row.channel_stride + start;
        for (int x = 0; x < count; x++) to[x] += strip[c * kStrip + x] * scale[x];
      }
    } else {
      to_pixels(strip, scale, channels, pixels);
      float* to = sums + start * channels;
      for (int64_t i = 0; i < count * channels; i++) to[i] += pixels[i];
    }
  }
}

struct Finished {
  uint8_t* classes;
  uint8_t* confidence;     // may be null
  uint8_t* probabilities;  // may be null; [channels, rows, columns]
  int64_t probability_stride;
};

// One row: the active class of the largest sum, its share of all and every class's share, in 255ths rounded down. Takes scratch for a strip.
// Where asked to, it leaves the sums 0, while they are in the cache.
FLAIR_VECTORIZED
void finish_row(float* sums, Row sums_row, bool clear, const float* totals, const uint8_t* active, uint8_t nodata, Finished out, int64_t channels,
                int64_t columns, float* strip) {
  for (int64_t start = 0; start < columns; start += kStrip) {
    const int count = static_cast<int>(std::min<int64_t>(kStrip, columns - start));
    const float* planes = sums + start;
    int64_t plane_stride = sums_row.channel_stride;
    if (sums_row.pixel_stride != 1) {
      to_planes(sums + start * channels, channels, count, channels, strip);
      planes = strip;
      plane_stride = kStrip;
    }
    float total[kStrip], largest[kStrip], scale[kStrip];
    int32_t best[kStrip];
    for (int x = 0; x < kStrip; x++) total[x] = 0, largest[x] = -1, best[x] = 0;
    for (int64_t c = 0; c < channels; c++) {
      const float* from = planes + c * plane_stride;
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
    for (int64_t c = 0; out.probabilities != nullptr && c < channels; c++) {
      const float* from = planes + c * plane_stride;
      uint8_t* to = out.probabilities + c * out.probability_stride + start;
      for (int x = 0; x < count; x++) to[x] = static_cast<uint8_t>(static_cast<int32_t>(std::min(from[x] * scale[x], 255.0f)));
    }

    if (!clear) continue;
    if (sums_row.pixel_stride != 1) {
      std::memset(sums + start * channels, 0, count * channels * sizeof(float));
    } else {
      for (int64_t c = 0; c < channels; c++) std::memset(sums + c * sums_row.channel_stride + start, 0, count * sizeof(float));
    }
  }
}

void check_floats(const at::Tensor& tensor, int64_t dims, const char* what) {
  TORCH_CHECK(tensor.device().is_cpu() && tensor.scalar_type() == at::kFloat && tensor.dim() == dims, what, " must be float32 on the CPU with ", dims,
              " dimensions");
}

// Sums lie class by class or pixel by pixel.
Row row_of_sums(const at::Tensor& sums) {
  TORCH_CHECK(sums.stride(2) == 1 || (sums.stride(0) == 1 && sums.stride(2) == sums.size(0)),
              "sums must be dense along columns, or along classes and columns");
  return {sums.stride(0), sums.stride(2)};
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
    TORCH_CHECK(weights.stride(1) == 1, "weights must be dense along columns");
    const Row sums_row = row_of_sums(sums);
    TORCH_CHECK(inside(part->row, part->rows, logits.size(2)) && inside(part->column, part->columns, logits.size(3)), "the part is not inside the window");
    TORCH_CHECK(inside(row, part->rows, sums.size(1)) && inside(column, part->columns, sums.size(2)), "the part's place is not inside the sums");
    if (part->rows == 0 || part->columns == 0) return 0;

    const float* from = logits.data_ptr<float>() + index * logits.stride(0) + part->row * logits.stride(2) + part->column * logits.stride(3);
    const float* weight = weights.data_ptr<float>() + part->row * weights.stride(0) + part->column;
    float* to = sums.data_ptr<float>() + row * sums.stride(1) + column * sums_row.pixel_stride;
    at::parallel_for(0, part->rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      std::vector<float> scratch(2 * channels * kStrip);
      for (int64_t y = begin; y < end; y++)
        blend_row(from + y * logits.stride(2), {logits.stride(1), logits.stride(3)}, weight + y * weights.stride(0), to + y * sums.stride(1), sums_row,
                  channels, part->columns, scratch.data());
    });
    return 0;
  });
}

int32_t flair_finish(flair_tensor sums_handle, flair_tensor totals_handle, const uint8_t* active, int32_t active_count, int32_t nodata,
                     int32_t clear, flair_tensor classes_handle, flair_tensor confidence_handle, flair_tensor probabilities_handle) {
  return guarded(-1, [=] {
    const auto& sums = unwrap(sums_handle);
    check_floats(sums, 3, "sums");
    const int64_t channels = sums.size(0), rows = sums.size(1), columns = sums.size(2);
    const Row sums_row = row_of_sums(sums);
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

    float* from = sums.data_ptr<float>();
    at::parallel_for(0, rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      std::vector<float> strip(channels * kStrip);
      for (int64_t y = begin; y < end; y++) {
        const int64_t offset = y * columns;
        finish_row(from + y * sums.stride(1), sums_row, clear != 0, totals == nullptr ? nullptr : totals + y * totals_stride, active, static_cast<uint8_t>(nodata),
                   {classes + offset, confidence == nullptr ? nullptr : confidence + offset, probabilities == nullptr ? nullptr : probabilities + offset,
                    rows * columns},
                   channels, columns, strip.data());
      }
    });
    return 0;
  });
}
