// The passes over memory between convolutions.
#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "flair_onednn.h"
#include "values.h"

namespace flair {
namespace {

template <class From>
__attribute__((always_inline)) inline void quantize_pixels(const From* in, int64_t pixels, int32_t channels, const float* inverse_step, uint8_t* out) {
  for (int64_t p = 0; p < pixels; p++)
    for (int32_t c = 0; c < channels; c++) {
      // Rounded as oneDNN does.
      float x = widen(in[p * channels + c]) * inverse_step[c];
      x = x < 0 ? 0.0f : x > 255 ? 255.0f : x;
      out[p * channels + c] = static_cast<uint8_t>(static_cast<int32_t>(whole_of(x)));
    }
}

FLAIR_VECTORIZED
void quantize_wide(const float* in, int64_t pixels, int32_t channels, const float* inverse_step, uint8_t* out) {
  quantize_pixels(in, pixels, channels, inverse_step, out);
}

FLAIR_VECTORIZED
void quantize_brain(const uint16_t* in, int64_t pixels, int32_t channels, const float* inverse_step, uint8_t* out) {
  quantize_pixels(in, pixels, channels, inverse_step, out);
}

// Along one axis: the pixel before a place of the interpolated map, how far it is to the one behind, and how much of that counts.
struct Between {
  int32_t before, step;
  float share;
  Between(int32_t place, int32_t in, int32_t out) {
    const float at = out > 1 ? static_cast<float>(in - 1) / static_cast<float>(out - 1) * static_cast<float>(place) : 0.0f;
    before = static_cast<int32_t>(at);
    step = before < in - 1 ? 1 : 0;
    share = at - static_cast<float>(before);
  }
};

template <class From, class Value>
__attribute__((always_inline)) inline void interpolate(const flair_interpolation& what, const flair_part& in, const From* from, Value* out) {
  const int32_t channels = in.channels;
  for (int32_t y = what.row; y < what.row + what.rows; y++) {
    const Between rows(y, what.in_rows, what.out_rows);
    const From* upper = from + static_cast<size_t>(rows.before - in.row) * in.columns * channels;
    const From* lower = upper + static_cast<size_t>(rows.step) * in.columns * channels;
    for (int32_t x = what.column; x < what.column + what.columns; x++, out += channels) {
      const Between columns(x, what.in_columns, what.out_columns);
      const size_t left = static_cast<size_t>(columns.before - in.column) * channels, right = left + columns.step * channels;
      for (int32_t c = 0; c < channels; c++) {
        const float above = widen(upper[left + c]) * (1 - columns.share) + widen(upper[right + c]) * columns.share;
        const float below = widen(lower[left + c]) * (1 - columns.share) + widen(lower[right + c]) * columns.share;
        const float value = above * (1 - rows.share) + below * rows.share;
        narrow(what.add != 0 ? widen(out[c]) + value : value, out[c]);
      }
    }
  }
}

FLAIR_VECTORIZED
void interpolate_wide(const flair_interpolation& what, const flair_part& in, const float* from, float* out) { interpolate(what, in, from, out); }

FLAIR_VECTORIZED
void interpolate_brain(const flair_interpolation& what, const flair_part& in, const uint16_t* from, uint16_t* out) { interpolate(what, in, from, out); }

FLAIR_VECTORIZED
void interpolate_to_brain(const flair_interpolation& what, const flair_part& in, const float* from, uint16_t* out) { interpolate(what, in, from, out); }

// Added to the sums of each channel and of its squares, where those are wanted.
template <class Value>
__attribute__((always_inline)) inline void sum_pixels(const Value* in, int64_t pixels, int32_t channels, double* sums, double* squares) {
  for (int64_t p = 0; p < pixels; p++)
    for (int32_t c = 0; c < channels; c++) {
      const double x = widen(in[p * channels + c]);
      sums[c] += x;
      if (squares != nullptr) squares[c] += x * x;
    }
}

FLAIR_VECTORIZED
void sum_wide(const float* in, int64_t pixels, int32_t channels, double* sums, double* squares) { sum_pixels(in, pixels, channels, sums, squares); }

FLAIR_VECTORIZED
void sum_brain(const uint16_t* in, int64_t pixels, int32_t channels, double* sums, double* squares) { sum_pixels(in, pixels, channels, sums, squares); }

void sum(const void* in, int32_t type, int64_t pixels, int32_t channels, double* sums, double* squares) {
  if (type == FLAIR_BFLOAT16)
    sum_brain(static_cast<const uint16_t*>(in), pixels, channels, sums, squares);
  else
    sum_wide(static_cast<const float*>(in), pixels, channels, sums, squares);
}

template <class Value>
__attribute__((always_inline)) inline void scale_pixels(Value* map, int64_t pixels, int32_t channels, const float* scale, const float* shift) {
  for (int64_t p = 0; p < pixels; p++)
    for (int32_t c = 0; c < channels; c++) {
      const float x = widen(map[p * channels + c]) * scale[c] + shift[c];
      narrow(x > 0 ? x : 0.0f, map[p * channels + c]);
    }
}

FLAIR_VECTORIZED
void scale_wide(float* map, int64_t pixels, int32_t channels, const float* scale, const float* shift) { scale_pixels(map, pixels, channels, scale, shift); }

FLAIR_VECTORIZED
void scale_brain(uint16_t* map, int64_t pixels, int32_t channels, const float* scale, const float* shift) { scale_pixels(map, pixels, channels, scale, shift); }

// Each pixel's channels, in as many sums at a time as the widest vector has lanes: on every processor the same.
template <class Value>
__attribute__((always_inline)) inline void normalize_pixels(
    const Value* in, int64_t pixels, int32_t channels, const float* weight, const float* bias, float epsilon, Value* out) {
  constexpr int width = 16;
  for (int64_t p = 0; p < pixels; p++, in += channels, out += channels) {
    const auto sum_of = [&](float mean, bool square) {
      float sums[width] = {}, sum = 0;
      int32_t c = 0;
      for (; c + width <= channels; c += width)
        for (int l = 0; l < width; l++) {
          const float x = widen(in[c + l]) - mean;
          sums[l] += square ? x * x : x;
        }
      for (; c < channels; c++) {
        const float x = widen(in[c]) - mean;
        sum += square ? x * x : x;
      }
      for (float part : sums) sum += part;
      return sum;
    };
    const float mean = sum_of(0, false) / static_cast<float>(channels);
    const float factor = 1 / std::sqrt(sum_of(mean, true) / static_cast<float>(channels) + epsilon);
    for (int32_t c = 0; c < channels; c++) narrow((widen(in[c]) - mean) * factor * weight[c] + bias[c], out[c]);
  }
}

FLAIR_VECTORIZED
void normalize_wide(const float* in, int64_t pixels, int32_t channels, const float* weight, const float* bias, float epsilon, float* out) {
  normalize_pixels(in, pixels, channels, weight, bias, epsilon, out);
}

FLAIR_VECTORIZED
void normalize_brain(const uint16_t* in, int64_t pixels, int32_t channels, const float* weight, const float* bias, float epsilon, uint16_t* out) {
  normalize_pixels(in, pixels, channels, weight, bias, epsilon, out);
}

// So many channels at a time: their sums lie where no map can, so that a loop over them becomes vectors.
constexpr int32_t depthwise_width = 128;

template <bool Gelu, class Value>
__attribute__((always_inline)) inline void convolve_channels(
    const Value* const* seen, const float* taps, int32_t tap_step, const float* bias, int32_t first, int32_t count, Value* out) {
  float sums[depthwise_width];
  const Value *a = seen[0] + first, *b = seen[1] + first, *c = seen[2] + first, *d = seen[3] + first, *e = seen[4] + first, *f = seen[5] + first, *g = seen[6] + first,
              *h = seen[7] + first, *i = seen[8] + first;
  for (int32_t l = 0; l < count; l++) {
    const float* tap = taps + l;
    float sum = bias[l] + widen(a[l]) * tap[0] + widen(b[l]) * tap[tap_step] + widen(c[l]) * tap[2 * tap_step];
    sum += widen(d[l]) * tap[3 * tap_step] + widen(e[l]) * tap[4 * tap_step] + widen(f[l]) * tap[5 * tap_step];
    sums[l] = sum + widen(g[l]) * tap[6 * tap_step] + widen(h[l]) * tap[7 * tap_step] + widen(i[l]) * tap[8 * tap_step];
  }
  for (int32_t l = 0; l < count; l++) narrow(Gelu ? gelu_of(sums[l]) : sums[l], out[first + l]);
}

// Nothing: a pixel of zeros, which taps beyond the map see.
template <bool Gelu, class Value>
__attribute__((always_inline)) inline void convolve_depthwise(
    const flair_depthwise& what, const flair_part& in, const float* taps, const float* bias, const Value* nothing, Value* out) {
  const int32_t channels = in.channels;
  for (int32_t y = what.row; y < what.row + what.rows; y++)
    for (int32_t x = what.column; x < what.column + what.columns; x++, out += channels) {
      const Value* seen[9];
      for (int32_t t = 0; t < 9; t++) {
        const int32_t row = y + (t / 3 - 1) * what.dilation, column = x + (t % 3 - 1) * what.dilation;
        const bool there = row >= 0 && row < what.in_rows && column >= 0 && column < what.in_columns;
        seen[t] = there ? static_cast<const Value*>(in.data) + (static_cast<size_t>(row - in.row) * in.columns + (column - in.column)) * channels : nothing;
      }
      for (int32_t c = 0; c < channels; c += depthwise_width)
        convolve_channels<Gelu>(seen, taps + c, channels, bias + c, c, std::min(depthwise_width, channels - c), out);
    }
}

FLAIR_VECTORIZED
void depthwise_wide(const flair_depthwise& what, const flair_part& in, const float* taps, const float* bias, const float* nothing, float* out) {
  what.gelu != 0 ? convolve_depthwise<true>(what, in, taps, bias, nothing, out) : convolve_depthwise<false>(what, in, taps, bias, nothing, out);
}

FLAIR_VECTORIZED
void depthwise_brain(const flair_depthwise& what, const flair_part& in, const float* taps, const float* bias, const uint16_t* nothing, uint16_t* out) {
  what.gelu != 0 ? convolve_depthwise<true>(what, in, taps, bias, nothing, out) : convolve_depthwise<false>(what, in, taps, bias, nothing, out);
}

template <class Value>
void look_up(const uint8_t* in, int64_t pixels, int32_t channels, const Value* tables, Value* out) {
  for (int32_t c = 0; c < channels; c++) {
    const uint8_t* from = in + c * pixels;
    const Value* table = tables + c * 256;
    for (int64_t p = 0; p < pixels; p++) out[p * channels + c] = table[from[p]];
  }
}

// Five channels, FLAIR's usual number, in one pass that writes each cache line once.
template <class Value>
void look_up_five(const uint8_t* in, int64_t pixels, const Value* tables, Value* out) {
  for (int64_t p = 0; p < pixels; p++) {
    for (int c = 0; c < 5; c++) out[p * 5 + c] = tables[c * 256 + in[c * pixels + p]];
  }
}

// Channels is 0 where it is not known at compile time.
template <int Channels>
void pack_pixels(const uint8_t* in, int32_t size, int32_t channel_count, const uint8_t* border, uint8_t* out) {
  const int32_t channels = Channels > 0 ? Channels : channel_count;
  const size_t plane = static_cast<size_t>(size) * size;
  const int32_t half = size / 2, pixel = 4 * channels;
  const auto fill = [&](int32_t count) {
    for (int32_t i = 0; i < 4 * count; i++, out += channels) std::memcpy(out, border, channels);
  };
  fill(2 * (half + 3));
  for (int32_t y = 0; y < half; y++) {
    fill(2);
    const uint8_t* row = in + static_cast<size_t>(2 * y) * size;
    for (int32_t x = 0; x < half; x++, out += pixel)
      for (int32_t c = 0; c < channels; c++) {
        const uint8_t* from = row + c * plane + 2 * x;
        out[c] = from[0];
        out[channels + c] = from[1];
        out[2 * channels + c] = from[size];
        out[3 * channels + c] = from[size + 1];
      }
    fill(1);
  }
  fill(half + 3);
}

}  // namespace
}  // namespace flair

using namespace flair;

void flair_upsample_beside(const flair_part* parts, int32_t count, int32_t element_bytes, int32_t row, int32_t column, int32_t rows, int32_t columns, void* out) {
  std::vector<size_t> sizes(count);
  size_t pixel = 0;
  for (int32_t i = 0; i < count; i++) pixel += sizes[i] = static_cast<size_t>(parts[i].channels) * element_bytes;
  auto* to = static_cast<char*>(out);
  for (int32_t y = row; y < row + rows; y++) {
    size_t offset = 0;
    for (int32_t i = 0; i < count; i++) {
      const int half = i == 0 ? 1 : 0;
      const size_t size = sizes[i];
      const auto* from = static_cast<const char*>(parts[i].data) + static_cast<size_t>((y >> half) - parts[i].row) * parts[i].columns * size;
      char* target = to + offset;
      for (int32_t x = column; x < column + columns; x++) {
        std::memcpy(target, from + static_cast<size_t>((x >> half) - parts[i].column) * size, size);
        target += pixel;
      }
      offset += size;
    }
    to += pixel * columns;
  }
}

void flair_interpolate(const flair_interpolation* what, const flair_part* in, void* out) {
  if (what->type != FLAIR_BFLOAT16)
    interpolate_wide(*what, *in, static_cast<const float*>(in->data), static_cast<float*>(out));
  else if (what->in_type == FLAIR_BFLOAT16)
    interpolate_brain(*what, *in, static_cast<const uint16_t*>(in->data), static_cast<uint16_t*>(out));
  else
    interpolate_to_brain(*what, *in, static_cast<const float*>(in->data), static_cast<uint16_t*>(out));
}

void flair_group_norm(void* map, int32_t type, int64_t pixels, int32_t channels, int32_t groups, const float* weight, const float* bias, float epsilon) {
  std::vector<double> sums(channels), squares(channels);
  sum(map, type, pixels, channels, sums.data(), squares.data());
  std::vector<float> scale(channels), shift(channels);
  const int32_t width = channels / groups;
  const double values = static_cast<double>(pixels) * width;
  for (int32_t first = 0; first < channels; first += width) {
    double mean = 0, variance = 0;
    for (int32_t c = first; c < first + width; c++) mean += sums[c] / values, variance += squares[c] / values;
    variance = std::max(0.0, variance - mean * mean);
    for (int32_t c = first; c < first + width; c++) {
      const double factor = weight[c] / std::sqrt(variance + epsilon);
      scale[c] = static_cast<float>(factor);
      shift[c] = static_cast<float>(bias[c] - mean * factor);
    }
  }
  if (type == FLAIR_BFLOAT16)
    scale_brain(static_cast<uint16_t*>(map), pixels, channels, scale.data(), shift.data());
  else
    scale_wide(static_cast<float*>(map), pixels, channels, scale.data(), shift.data());
}

void flair_layer_norm(const void* in, int32_t type, int64_t pixels, int32_t channels, const float* weight, const float* bias, float epsilon, void* out) {
  if (type == FLAIR_BFLOAT16)
    normalize_brain(static_cast<const uint16_t*>(in), pixels, channels, weight, bias, epsilon, static_cast<uint16_t*>(out));
  else
    normalize_wide(static_cast<const float*>(in), pixels, channels, weight, bias, epsilon, static_cast<float*>(out));
}

void flair_depthwise_convolution(const flair_depthwise* what, const flair_part* in, const float* taps, const float* bias, void* out) {
  const std::vector<float> nothing(in->channels);
  if (what->type == FLAIR_BFLOAT16)
    depthwise_brain(*what, *in, taps, bias, reinterpret_cast<const uint16_t*>(nothing.data()), static_cast<uint16_t*>(out));
  else
    depthwise_wide(*what, *in, taps, bias, nothing.data(), static_cast<float*>(out));
}

void flair_grid_mean(const void* in, int32_t type, int32_t rows, int32_t columns, int32_t channels, int32_t grid, float* mean) {
  const size_t pixel = channels * (type == FLAIR_BFLOAT16 ? sizeof(uint16_t) : sizeof(float));
  const auto begin = [&](int32_t cell, int32_t size) { return cell * size / grid; };
  const auto end = [&](int32_t cell, int32_t size) { return ((cell + 1) * size + grid - 1) / grid; };
  for (int32_t i = 0; i < grid; i++)
    for (int32_t j = 0; j < grid; j++, mean += channels) {
      const int32_t top = begin(i, rows), bottom = end(i, rows), left = begin(j, columns), right = end(j, columns);
      std::vector<double> sums(channels);
      for (int32_t y = top; y < bottom; y++)
        sum(static_cast<const char*>(in) + (static_cast<size_t>(y) * columns + left) * pixel, type, right - left, channels, sums.data(), nullptr);
      const double pixels = static_cast<double>(bottom - top) * (right - left);
      for (int32_t c = 0; c < channels; c++) mean[c] = static_cast<float>(sums[c] / pixels);
    }
}

void flair_quantize(const void* in, int32_t in_type, int64_t pixels, int32_t channels, const float* inverse_step, uint8_t* out) {
  if (in_type == FLAIR_BFLOAT16)
    quantize_brain(static_cast<const uint16_t*>(in), pixels, channels, inverse_step, out);
  else
    quantize_wide(static_cast<const float*>(in), pixels, channels, inverse_step, out);
}

void flair_pack_pixels(const uint8_t* in, int32_t size, int32_t channels, const uint8_t* border, uint8_t* out) {
  channels == 5 ? pack_pixels<5>(in, size, channels, border, out) : pack_pixels<0>(in, size, channels, border, out);
}

void flair_look_up(const uint8_t* in, int64_t pixels, int32_t channels, int32_t element_bytes, const void* tables, void* out) {
  if (element_bytes == 2) {
    const auto* values = static_cast<const uint16_t*>(tables);
    auto* to = static_cast<uint16_t*>(out);
    channels == 5 ? look_up_five(in, pixels, values, to) : look_up(in, pixels, channels, values, to);
  } else {
    const auto* values = static_cast<const uint32_t*>(tables);
    auto* to = static_cast<uint32_t*>(out);
    channels == 5 ? look_up_five(in, pixels, values, to) : look_up(in, pixels, channels, values, to);
  }
}
