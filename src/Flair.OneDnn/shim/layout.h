// How things lie in memory, as far as several files need to agree on it.
#pragma once

namespace flair {

constexpr int cache_line = 64;
constexpr int panel_width = 16;  // outputs side by side in a kernel: see multiply.h

template <class Number>
constexpr Number round_up(Number value, int unit) {
  return (value + unit - 1) / unit * unit;
}

}  // namespace flair
