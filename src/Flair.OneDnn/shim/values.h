// The elements of maps in floating point, and functions of them without branches, so that a loop of them becomes vectors.
#pragma once
#include <cstdint>
#include <cstring>

// Compiled for the widest vectors, and for processors without them.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12
#define FLAIR_VECTORIZED __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define FLAIR_VECTORIZED
#endif

namespace flair {
namespace {

inline float widen(uint16_t value) {
  const uint32_t bits = static_cast<uint32_t>(value) << 16;
  float result;
  std::memcpy(&result, &bits, sizeof result);
  return result;
}
inline float widen(float value) { return value; }

inline void narrow(float value, float& to) { to = value; }
// The nearest, of two equally near the even one. The value is finite.
inline void narrow(float value, uint16_t& to) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  to = static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

// The nearest whole number, of two equally near the even one, of a number smaller than 2^22: beside 1.5 * 2^23 there is no room for a fraction.
inline float whole_of(float x) { return (x + 12582912.0f) - 12582912.0f; }

// e to the power of x, which is not above 0, within two units in the last place: 2 to a whole power (Cody, Waite 1980), and Taylor's polynomial of what is left.
inline float exp_of(float x) {
  x = x > -87.0f ? x : -87.0f;
  const float whole = whole_of(x * 1.44269504f);
  const float rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float sum = 1.0f / 5040;
  sum = sum * rest + 1.0f / 720;
  sum = sum * rest + 1.0f / 120;
  sum = sum * rest + 1.0f / 24;
  sum = sum * rest + 1.0f / 6;
  sum = sum * rest + 0.5f;
  sum = sum * rest + 1.0f;
  sum = sum * rest + 1.0f;
  const int32_t bits = (static_cast<int32_t>(whole) + 127) << 23;
  float power;
  std::memcpy(&power, &bits, sizeof power);
  return sum * power;
}

// The Gaussian error linear unit, x times the normal distribution's share below x (Hendrycks, Gimpel 2016): Abramowitz, Stegun 7.1.26, whose error is 1.5e-7.
inline float gelu_of(float x) {
  const float size = x < 0 ? -x : x;
  const float t = 1.0f / (1.0f + 0.3275911f * 0.70710678f * size);
  const float sum = ((((1.061405429f * t - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) * t;
  const float beyond = 0.5f * sum * exp_of(-0.5f * x * x);
  return x * (x < 0 ? beyond : 1.0f - beyond);
}

}  // namespace
}  // namespace flair
