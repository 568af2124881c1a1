// Products of matrices in single precision, for processors with AVX2 and FMA: whoever includes it asks first whether this is one.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cstddef>

namespace flair {

constexpr int lanes = 8;
constexpr int panel_width = 2 * lanes;

namespace {

template <class Number>
Number round_up(Number value, int unit) {
  return (value + unit - 1) / unit * unit;
}

#pragma GCC push_options
#pragma GCC target("avx2,fma")

typedef float vec __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));
#define FLAIR_INLINE static inline __attribute__((always_inline))

FLAIR_INLINE vec load(const float* from) { return *reinterpret_cast<const vec*>(from); }
FLAIR_INLINE void store(float* to, vec value) { *reinterpret_cast<vec*>(to) = value; }
// The first lanes only.
FLAIR_INLINE __m256i first_lanes(int count) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
FLAIR_INLINE vec load_some(const float* from, __m256i which) { return reinterpret_cast<vec>(_mm256_maskload_ps(from, which)); }
FLAIR_INLINE void store_some(float* to, vec value, __m256i which) { _mm256_maskstore_ps(to, which, reinterpret_cast<__m256>(value)); }

// sums[r][0 ... width) = sum over c of in[r][c] * kernel[c][0 ... width), onto what is there if that is not the beginning.
template <int Rows, int Vectors>
FLAIR_INLINE void multiply_rows(const float* in, size_t in_row, const float* kernel, int channels, float* sums, size_t sums_row, bool begun) {
  vec sum[Rows][Vectors];
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Vectors; v++) sum[r][v] = begun ? load(sums + r * sums_row + v * lanes) : vec{};
  for (int c = 0; c < channels; c++, kernel += Vectors * lanes) {
    vec weights[Vectors];
    for (int v = 0; v < Vectors; v++) weights[v] = load(kernel + v * lanes);
    for (int r = 0; r < Rows; r++) {
      const vec value = in[r * in_row + c] - vec{};
      for (int v = 0; v < Vectors; v++) sum[r][v] += value * weights[v];
    }
  }
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Vectors; v++) store(sums + r * sums_row + v * lanes, sum[r][v]);
}

template <int Vectors>
FLAIR_INLINE void multiply_panel(const float* in, size_t in_row, const float* kernel, int rows, int channels, float* sums, size_t sums_row) {
  // So many channels' weights stay in the first-level cache for all rows.
  constexpr int depth = 256;
  for (int c = 0; c < channels; c += depth, kernel += depth * Vectors * lanes) {
    const int count = std::min(depth, channels - c);
    int r = 0;
    for (; r + 6 <= rows; r += 6) multiply_rows<6, Vectors>(in + r * in_row + c, in_row, kernel, count, sums + r * sums_row, sums_row, c > 0);
    for (; r + 4 <= rows; r += 4) multiply_rows<4, Vectors>(in + r * in_row + c, in_row, kernel, count, sums + r * sums_row, sums_row, c > 0);
    for (; r + 2 <= rows; r += 2) multiply_rows<2, Vectors>(in + r * in_row + c, in_row, kernel, count, sums + r * sums_row, sums_row, c > 0);
    for (; r < rows; r++) multiply_rows<1, Vectors>(in + r * in_row + c, in_row, kernel, count, sums + r * sums_row, sums_row, c > 0);
  }
}

// [row][channel] times [channel][output]. The kernel lies in panels of 16 outputs, the last of 8 where that many are left: [panel][channel][output in it]. Outputs
// are a multiple of 8; sums have rows of them.
inline void multiply(const float* in, size_t in_row, const float* kernel, int rows, int channels, int outputs, float* sums) {
  int o = 0;
  for (; o + 2 * lanes <= outputs; o += 2 * lanes) multiply_panel<2>(in, in_row, kernel + static_cast<size_t>(o) * channels, rows, channels, sums + o, outputs);
  if (o < outputs) multiply_panel<1>(in, in_row, kernel + static_cast<size_t>(o) * channels, rows, channels, sums + o, outputs);
}

#pragma GCC pop_options

}  // namespace
}  // namespace flair
