// Products of matrices in single precision, or of bfloat16 summed in it. Whoever includes this says first for which processors, and asks before it runs whether this is one:
//   FLAIR_LANES      8 (the default): with AVX2 and FMA; 16: with AVX-512 (F, BW, DQ, VL)
//   FLAIR_BFLOAT16_ELEMENTS   with 16 lanes: elements are bfloat16, and the processor multiplies them itself
// Sums of float are the same, bit by bit, with 8 and 16 lanes.
#pragma once
#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "layout.h"

#ifndef FLAIR_LANES
#define FLAIR_LANES 8
#endif

// Around functions for those processors.
#ifdef FLAIR_BFLOAT16_ELEMENTS
#define FLAIR_TARGET _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16\")")
#elif FLAIR_LANES == 16
#define FLAIR_TARGET _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma,avx512f,avx512bw,avx512dq,avx512vl\")")
#else
#define FLAIR_TARGET _Pragma("GCC push_options") _Pragma("GCC target(\"avx2,fma\")")
#endif
#define FLAIR_TARGET_END _Pragma("GCC pop_options")

namespace flair {

constexpr int lanes = FLAIR_LANES;

namespace {

FLAIR_TARGET

typedef float vec __attribute__((vector_size(lanes * sizeof(float)), aligned(4), may_alias));
#define FLAIR_INLINE static inline __attribute__((always_inline))

FLAIR_INLINE vec load(const float* from) { return *reinterpret_cast<const vec*>(from); }
FLAIR_INLINE void store(float* to, vec value) { *reinterpret_cast<vec*>(to) = value; }

// The first lanes only, so many of them.
#if FLAIR_LANES == 16
using lane_mask = __mmask16;
FLAIR_INLINE lane_mask first_lanes(int count) { return static_cast<lane_mask>((1 << count) - 1); }
FLAIR_INLINE vec load_some(const float* from, lane_mask which) { return reinterpret_cast<vec>(_mm512_maskz_loadu_ps(which, from)); }
FLAIR_INLINE void store_some(float* to, vec value, lane_mask which) { _mm512_mask_storeu_ps(to, which, reinterpret_cast<__m512>(value)); }
#else
using lane_mask = __m256i;
FLAIR_INLINE lane_mask first_lanes(int count) { return _mm256_cmpgt_epi32(_mm256_set1_epi32(count), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)); }
FLAIR_INLINE vec load_some(const float* from, lane_mask which) { return reinterpret_cast<vec>(_mm256_maskload_ps(from, which)); }
FLAIR_INLINE void store_some(float* to, vec value, lane_mask which) { _mm256_maskstore_ps(to, which, reinterpret_cast<__m256>(value)); }
#endif

#ifdef FLAIR_BFLOAT16_ELEMENTS

using element = uint16_t;
using weights_vec = __m512bh;
constexpr int unit = 2;  // neighbouring channels, which lie side by side for each output

typedef uint16_t bits_vec __attribute__((vector_size(lanes * sizeof(uint16_t))));
typedef uint32_t wide_bits_vec __attribute__((vector_size(lanes * sizeof(uint32_t))));

FLAIR_INLINE vec widen(__m256i bits) { return reinterpret_cast<vec>(__builtin_convertvector(reinterpret_cast<bits_vec>(bits), wide_bits_vec) << 16); }
FLAIR_INLINE __m256i narrow(vec value) { return (__m256i)_mm512_cvtneps_pbh(reinterpret_cast<__m512>(value)); }
FLAIR_INLINE vec load(const uint16_t* from) { return widen(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from))); }
FLAIR_INLINE vec load_some(const uint16_t* from, lane_mask which) { return widen(_mm256_maskz_loadu_epi16(which, from)); }
FLAIR_INLINE void store(uint16_t* to, vec value) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), narrow(value)); }
FLAIR_INLINE void store_some(uint16_t* to, vec value, lane_mask which) { _mm256_mask_storeu_epi16(to, which, narrow(value)); }
FLAIR_INLINE weights_vec load_weights(const element* from) { return (weights_vec)_mm512_loadu_si512(from); }
FLAIR_INLINE weights_vec everywhere(const element* from) {
  int32_t pair;
  std::memcpy(&pair, from, sizeof pair);
  return (weights_vec)_mm512_set1_epi32(pair);
}
FLAIR_INLINE vec multiply_add(weights_vec value, weights_vec weights, vec sum) {
  return reinterpret_cast<vec>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), value, weights));
}

#else

using element = float;
using weights_vec = vec;
constexpr int unit = 1;

FLAIR_INLINE weights_vec load_weights(const element* from) { return load(from); }
FLAIR_INLINE weights_vec everywhere(const element* from) { return *from - vec{}; }
FLAIR_INLINE vec multiply_add(weights_vec value, weights_vec weights, vec sum) { return sum + value * weights; }

#endif

// sums[r][0 ... width) = sum over c of in[r][c] * kernel[c][0 ... width), onto what is there if that is not the beginning. Where the kernel's next vector lies, and the
// next channels' first.
template <int Rows, int Vectors>
FLAIR_INLINE void multiply_rows(const element* in, size_t in_row, const element* kernel, size_t next_vector, size_t next_channels, int channels, float* sums, size_t sums_row, bool begun) {
  vec sum[Rows][Vectors];
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Vectors; v++) sum[r][v] = begun ? load(sums + r * sums_row + v * lanes) : vec{};
  for (int c = 0; c < channels; c += unit, kernel += next_channels) {
    weights_vec weights[Vectors];
    for (int v = 0; v < Vectors; v++) weights[v] = load_weights(kernel + v * next_vector);
    for (int r = 0; r < Rows; r++) {
      const weights_vec value = everywhere(in + r * in_row + c);
      for (int v = 0; v < Vectors; v++) sum[r][v] = multiply_add(value, weights[v], sum[r][v]);
    }
  }
  for (int r = 0; r < Rows; r++)
    for (int v = 0; v < Vectors; v++) store(sums + r * sums_row + v * lanes, sum[r][v]);
}

template <int Vectors>
FLAIR_INLINE void multiply_columns(const element* in, size_t in_row, const element* kernel, size_t next_vector, int width, int rows, int channels, float* sums, size_t sums_row) {
  // So many channels' weights stay in the first-level cache for all rows: 16 KiB of them.
  constexpr int depth = (16 << 10) / (Vectors * lanes * static_cast<int>(sizeof(element)));
  constexpr int most = lanes == 16 ? 12 : 6;  // that the registers hold the sums of
  const size_t next = static_cast<size_t>(width) * unit;
  for (int c = 0; c < channels; c += depth, kernel += static_cast<size_t>(depth) * width) {
    const int count = std::min(depth, channels - c);
    const auto some = [&](auto size, int r) {
      multiply_rows<decltype(size)::value, Vectors>(in + r * in_row + c, in_row, kernel, next_vector, next, count, sums + r * sums_row, sums_row, c > 0);
      return r + decltype(size)::value;
    };
    int r = 0;
    while (r + most <= rows) r = some(std::integral_constant<int, most>(), r);
    while (r + 4 <= rows) r = some(std::integral_constant<int, 4>(), r);
    while (r + 2 <= rows) r = some(std::integral_constant<int, 2>(), r);
    while (r < rows) r = some(std::integral_constant<int, 1>(), r);
  }
}

// [row][channel] times [channel][output]. The kernel lies in panels of 16 outputs, the last of 8 where that many are left: [panel][channel][output in it], or, in bfloat16,
// [panel][pair of channels][output in it][channel of the pair]. Outputs are a multiple of the lanes, channels of the unit; sums have rows of all outputs.
inline void multiply(const element* in, size_t in_row, const element* kernel, int rows, int channels, int outputs, float* sums) {
  const size_t panel = static_cast<size_t>(panel_width) * channels;
  int o = 0;
  for (; o + 2 * lanes <= outputs; o += 2 * lanes)
    multiply_columns<2>(in, in_row, kernel + static_cast<size_t>(o) * channels, lanes == panel_width ? panel : lanes, panel_width, rows, channels, sums + o, outputs);
  if (o < outputs) multiply_columns<1>(in, in_row, kernel + static_cast<size_t>(o) * channels, 0, lanes, rows, channels, sums + o, outputs);
}

FLAIR_TARGET_END

}  // namespace
}  // namespace flair
