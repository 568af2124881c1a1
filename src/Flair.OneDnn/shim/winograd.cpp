#include "winograd.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "layout.h"
#include "processor.h"
#include "values.h"
#include "winograd_tiles.h"

namespace flair {
namespace {

char* aligned(char* memory) { return reinterpret_cast<char*>(round_up(reinterpret_cast<uintptr_t>(memory), cache_line)); }

// Elements from one point to the next. A cache line more than needed: a tile's values at all points would otherwise fall into the same few sets of the cache.
size_t plane_of(int tiles, int channels, size_t bytes) { return static_cast<size_t>(tiles) * channels + cache_line / bytes; }

// Tiles along an axis of which every so many pixels are computed by themselves.
int32_t tiles_of(int32_t size, int32_t step, int32_t outputs) {
  const int32_t pixels = (size + step - 1) / step;
  return (pixels + outputs - 1) / outputs;
}

// How tiles lie along an axis: the first one's first input pixel, or square of two by two, and how many there are in a part.
struct Lay {
  int32_t first, tiles;
};

// Taps along an axis, of what is computed.
int32_t taps_of(const flair_convolution& what) { return what.transposed != 0 ? 2 : what.stride == 2 ? (what.kernel + 2) / 2 : what.kernel; }

Lay lay(const flair_convolution& what, int32_t cut, int32_t size) {
  const int32_t outputs = side + 1 - taps_of(what);
  // A transposed convolution's output pixels come in pairs; the first pair is of input pixels top / 2 - 1 and top / 2.
  if (what.transposed != 0) return {cut / 2 - 1, tiles_of((cut + size - 1) / 2 - cut / 2 + 1, what.dilation, outputs)};
  return {what.stride == 2 ? -(cut + 1) / 2 : -cut, tiles_of(size, what.dilation, outputs)};
}

#pragma GCC push_options
#pragma GCC target("avx2,fma")

// A tap of so many output channels.
struct Panel {
  double of[panel_width];
};

// Taps along one axis at the six points.
void transform_kernel(const Panel* taps, int count, int step, Panel* out, int out_step) {
  const double squares[] = {0.5, 2};
  const double factors[] = {-1 / 1.5, 1 / 6.0};  // one over the denominators of the Lagrange polynomials
  out[0] = taps[0];
  out[5 * out_step] = taps[(count - 1) * step];
  for (int p = 0; p < 2; p++)
    for (int l = 0; l < panel_width; l++) {
      // Horner's rule in the point's square.
      double even = 0, odd = 0;
      for (int t = (count - 1) / 2 * 2; t >= 0; t -= 2) even = even * squares[p] + taps[t * step].of[l];
      for (int t = count / 2 * 2 - 1; t >= 0; t -= 2) odd = odd * squares[p] + taps[t * step].of[l];
      odd *= std::sqrt(squares[p]);
      out[(1 + 2 * p) * out_step].of[l] = (even + odd) * factors[p];
      out[(2 + 2 * p) * out_step].of[l] = (even - odd) * factors[p];
    }
}

// In bfloat16, two neighbouring channels of so many output channels, the first in the lower half.
struct Pairs {
  uint32_t of[panel_width];
};

void narrow_panel(const Panel& values, Pairs& to) {
  for (int l = 0; l < panel_width; l++) {
    uint16_t half;
    narrow(static_cast<float>(values.of[l]), half);
    to.of[l] = half;
  }
}

void complete_pairs(const Pairs& first, const Panel& second, int width, uint16_t* to) {
  Pairs both;
  narrow_panel(second, both);
  for (int l = 0; l < panel_width; l++) both.of[l] = first.of[l] | both.of[l] << 16;
  std::memcpy(to, both.of, width * sizeof(uint32_t));
}

#pragma GCC pop_options

// The passes for such maps on this processor; null where there are none.
const TilePasses* passes_for(const flair_convolution& what) {
  const bool bfloat16 = what.in_type == FLAIR_BFLOAT16 && (what.out_type == FLAIR_BFLOAT16 || what.out_type == FLAIR_FLOAT32);
  const bool single = what.in_type == FLAIR_FLOAT32 && what.out_type == FLAIR_FLOAT32;
  if (what.kernel_type != FLAIR_FLOAT32 || (what.sum_type != FLAIR_NO_TYPE && what.sum_type != what.out_type) || what.added_type != FLAIR_NO_TYPE) return nullptr;
  // Matrix units multiply a bfloat16 convolution as it is in less time than this takes.
  if (bfloat16) return has_bfloat16() && !has_matrices() ? &bfloat16_tiles : nullptr;
  return !single ? nullptr : has_avx512() ? &avx512_tiles : has_avx2() ? &avx2_tiles : nullptr;
}

}  // namespace

void Winograd::Free::operator()(void* memory) const { std::free(memory); }

bool Winograd::suits(const flair_convolution& what) {
  const auto* passes = passes_for(what);
  if (passes == nullptr) return false;
  // With fewer channels the transforms cost more than they save.
  if (what.in_channels * what.stride * what.stride < 12 || what.out_channels < 8) return false;
  // Imagery enters as whole numbers, which bfloat16 holds, but not what becomes of them at the points.
  if (what.in_type == FLAIR_BFLOAT16 && what.in_channels < 16) return false;
  // Of a strided convolution's 3 x 3 taps a third is saved, for four times the transforms. oneDNN computes it with AVX-512 in less time, with AVX2 in more.
  if (passes->lanes == 16 && what.transposed == 0 && what.stride == 2 && what.kernel == 3) return false;
  const bool form = what.transposed != 0  ? what.kernel == 4 && what.stride == 2 && what.sum_type == FLAIR_NO_TYPE
                    : what.stride == 1 ? what.kernel >= 2 && what.kernel <= 4
                                       : what.stride == 2 && what.kernel >= 3 && what.kernel <= 7;
  const auto fits = [&](int32_t in, int32_t padding, int32_t out) {
    const int32_t reach = (what.kernel - 1) * what.dilation + 1;
    return what.transposed != 0 ? (in - 1) * what.stride + reach - padding == out : (in + padding - reach) / what.stride + 1 == out;
  };
  if (!form || (what.dilation > 1 && (what.transposed != 0 || what.stride != 1 || what.kernel != 3))) return false;
  const auto tiles_along = [&](int32_t cut, int32_t size) { return static_cast<int64_t>(what.dilation) * lay(what, cut, size).tiles; };
  const int64_t tiles = tiles_along(what.top, what.out_rows) * tiles_along(what.left, what.out_columns);
  // Tiles that are mostly empty, as where taps lie as far apart as the map is wide, cost more than they save.
  if (what.dilation > 1 && 8 * tiles > static_cast<int64_t>(what.out_rows) * what.out_columns) return false;
  // A kernel takes four times the memory (transposed, nine times), all of which is read each time: too much for one tile.
  if (what.images * tiles == 1) return false;
  // What does not fit is left to oneDNN, which says why.
  return fits(what.in_rows, what.top + what.bottom, what.out_rows) && fits(what.in_columns, what.left + what.right, what.out_columns);
}

Winograd::Winograd(const flair_convolution& what, const float* kernel, const float* bias) : what_(what), passes_(*passes_for(what)) {
  const bool transposed = what.transposed != 0;
  const bool strided = !transposed && what.stride == 2;
  taps_ = taps_of(what);
  in_parts_ = strided ? 4 : 1;
  parts_ = transposed ? 4 : 1;
  part_channels_ = round_up(what.out_channels, passes_.lanes);
  if (what_.threads <= 0) what_.threads = omp_get_max_threads();
  const Lay rows = lay(what, what.top, what.out_rows), columns = lay(what, what.left, what.out_columns);
  first_row_ = rows.first, tile_rows_ = rows.tiles;
  first_column_ = columns.first, tile_columns_ = columns.tiles;

  const int32_t in = kernel_channels(), all = parts_ * part_channels_;
  // A part's last vector may reach into the next part, which is written after it, but not into the next tile.
  values_row_ = round_up((in_parts_ - 1) * what.in_channels + round_up(what.in_channels, passes_.lanes), passes_.lanes);
  // Few enough tiles for the second-level cache, and enough for the kernel to be worth reading from the third.
  const int32_t fitting = static_cast<int32_t>((256 << 10) / (points * (passes_.bytes * values_row_ + sizeof(float) * all))) / 12 * 12;
  block_ = std::min(std::max(fitting, 36), what.images * tiles_of_image());

  const size_t kernel_elements = static_cast<size_t>(points) * in * all;
  kernel_.reset(std::aligned_alloc(cache_line, round_up(kernel_elements * passes_.bytes, cache_line)));
  if (kernel_ == nullptr) throw std::bad_alloc();
  bias_.assign(part_channels_, 0);
  std::copy_n(bias, what.out_channels, bias_.begin());
  // The tap of the kernel, along one axis, that the part (0 or 1 along it) of an input channel or of an output channel has at a place; none where that is outside.
  const auto tap = [&](int32_t at, int32_t in_part, int32_t out_part, int32_t padding) {
    return transposed ? out_part + 2 - 2 * at : strided ? 2 * at + in_part - padding % 2 : at;
  };
#pragma omp parallel for num_threads(what_.threads)
  for (int32_t panel = 0; panel < all; panel += panel_width) {
    const int32_t width = std::min(panel_width, all - panel);
    Panel taps[4 * 4] = {}, half[side * 4], whole[points];
    Pairs pairs[points];
    for (int32_t c = 0; c < in; c++) {
      const int32_t in_part = c / what.in_channels;
      for (int32_t o = panel; o < panel + width; o++) {
        const int32_t out_part = o / part_channels_;
        if (o % part_channels_ >= what.out_channels) continue;
        const float* from = kernel + (static_cast<size_t>(o % part_channels_) * what.in_channels + c % what.in_channels) * what.kernel * what.kernel;
        for (int y = 0; y < taps_; y++)
          for (int x = 0; x < taps_; x++) {
            const int32_t row = tap(y, in_part / 2, out_part / 2, what.top), column = tap(x, in_part % 2, out_part % 2, what.left);
            const bool there = in_part < in_parts_ && row >= 0 && row < what.kernel && column >= 0 && column < what.kernel;
            taps[y * taps_ + x].of[o - panel] = there ? from[row * what.kernel + column] : 0;
          }
      }
      for (int x = 0; x < taps_; x++) transform_kernel(taps + x, taps_, taps_, half + x, taps_);
      for (int i = 0; i < side; i++) transform_kernel(half + i * taps_, taps_, 1, whole + i * side, 1);
      for (int p = 0; p < points; p++) {
        const size_t row = (static_cast<size_t>(p) * all + panel) * in;
        if (passes_.bytes == sizeof(float))
          std::copy_n(whole[p].of, width, static_cast<float*>(kernel_.get()) + row + static_cast<size_t>(c) * width);
        else if (c % 2 == 0)
          narrow_panel(whole[p], pairs[p]);
        else
          complete_pairs(pairs[p], whole[p], width, static_cast<uint16_t*>(kernel_.get()) + row + static_cast<size_t>(c - 1) * width);
      }
    }
  }
}

int32_t Winograd::kernel_channels() const { return round_up(in_parts_ * what_.in_channels, passes_.unit); }

size_t Winograd::values_plane() const { return plane_of(block_, values_row_, passes_.bytes); }

size_t Winograd::products_plane() const { return plane_of(block_, parts_ * part_channels_, sizeof(float)); }

size_t Winograd::scratchpad_bytes() const { return 2 * cache_line + points * (passes_.bytes * values_plane() + sizeof(float) * products_plane()); }

Winograd::Tile Winograd::tile(int32_t number) const {
  const int32_t of_part = tile_rows_ * tile_columns_, part = number % tiles_of_image() / of_part, place = number % of_part;
  return {number / tiles_of_image(), part / what_.dilation, part % what_.dilation, place / tile_columns_, place % tile_columns_};
}

void Winograd::run(const flair_maps* images, int32_t count_of_images, void* scratchpad) const {
  const int32_t tiles = count_of_images * tiles_of_image(), outputs = side + 1 - taps_;
  const int32_t channels = kernel_channels(), all = parts_ * part_channels_;
  // Input pixels in one of those that tiles are counted in, and from one of a tile to the next.
  const int32_t unit = in_parts_ == 1 ? 1 : 2, step = unit * what_.dilation;
  const size_t in_plane = values_plane(), out_plane = products_plane(), bytes = passes_.bytes;
  char* values = aligned(static_cast<char*>(scratchpad));
  auto* products = reinterpret_cast<float*>(aligned(values + points * in_plane * bytes));
  const auto* kernel = static_cast<const char*>(kernel_.get());
#pragma omp parallel num_threads(what_.threads) if (what_.threads > 1)
  for (int32_t first = 0; first < tiles; first += block_) {
    const int32_t count = std::min(block_, tiles - first);
#pragma omp for
    for (int32_t i = 0; i < count; i++) {
      const Tile at = tile(first + i);
      const int32_t row = step * at.row * outputs + at.first_row + unit * first_row_, column = step * at.column * outputs + at.first_column + unit * first_column_;
      for (int32_t part = 0; part < in_parts_; part++)
        passes_.read(what_, images[at.image].in, row + part / 2, column + part % 2, step,
                     values + (static_cast<size_t>(i) * values_row_ + part * what_.in_channels) * bytes, in_plane);
    }
#pragma omp for
    for (int32_t p = 0; p < points; p++)
      passes_.multiply(values + p * in_plane * bytes, values_row_, kernel + static_cast<size_t>(p) * channels * all * bytes, count, channels, all, products + p * out_plane);
#pragma omp for
    for (int32_t i = 0; i < count; i++) {
      const Tile at = tile(first + i);
      for (int32_t part = 0; part < parts_; part++) {
        Target target = {images[at.image].out, what_.out_type == FLAIR_FLOAT32, {at.first_row, what_.out_rows}, {at.first_column, what_.out_columns}, what_.dilation,
                         what_.out_channels, bias_.data(), what_.sum_type != FLAIR_NO_TYPE, what_.relu != 0, what_.sum_scale};
        if (parts_ > 1) {
          target.step = 2;
          target.rows.first = part / 2 - what_.top % 2;
          target.columns.first = part % 2 - what_.left % 2;
        }
        passes_.write(outputs, products + static_cast<size_t>(i) * all + static_cast<size_t>(part) * part_channels_, out_plane, at.row, at.column, target);
      }
    }
  }
}

}  // namespace flair
