#include "winograd.h"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <new>

#include "multiply.h"

namespace flair {
namespace {

constexpr int side = 6;  // of a tile of input pixels
constexpr int points = side * side;
constexpr int cache_line = 64;

// Elements from one point to the next. A cache line more than needed: a tile's values at all points would otherwise fall into the same few sets of the cache.
size_t plane_of(int tiles, int channels) { return static_cast<size_t>(tiles) * channels + cache_line / sizeof(float); }

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

// How a tile's outputs lie: output row of tile t and row i in it is step * (outputs * t + i) + first.
struct Axis {
  int32_t first, size;
};

// What a tile's transform needs to know of the output map.
struct Target {
  float* map;
  Axis rows, columns;
  int32_t step, channels;
  const float* bias;
  bool sum, relu;
  float sum_scale;
};

#pragma GCC push_options
#pragma GCC target("avx2,fma")

// The points.
constexpr float inner = 0.70710678118654752f, outer = 1.41421356237309505f;

// Along one axis: the input's six values at the six points.
FLAIR_INLINE void transform_input(const vec* in, int in_step, vec* out, int out_step) {
  const vec d0 = in[0], d1 = in[in_step], d2 = in[2 * in_step], d3 = in[3 * in_step], d4 = in[4 * in_step], d5 = in[5 * in_step];
  const vec even_inner = d4 - 2 * d2, odd_inner = inner * (d3 - 2 * d1), even_outer = d4 - 0.5f * d2, odd_outer = outer * (d3 - 0.5f * d1);
  out[0] = d0 - 2.5f * d2 + d4;
  out[out_step] = even_inner + odd_inner;
  out[2 * out_step] = even_inner - odd_inner;
  out[3 * out_step] = even_outer + odd_outer;
  out[4 * out_step] = even_outer - odd_outer;
  out[5 * out_step] = d1 - 2.5f * d3 + d5;
}

// Along one axis: the products at the six points to so many outputs, 3 to 5.
template <int Outputs>
FLAIR_INLINE void transform_output(const vec* in, vec* out, int out_step) {
  const vec even_inner = in[1] + in[2], odd_inner = in[1] - in[2], even_outer = in[3] + in[4], odd_outer = in[3] - in[4];
  out[0] = in[0] + even_inner + even_outer;
  out[out_step] = inner * odd_inner + outer * odd_outer;
  vec last = 0.5f * even_inner + 2 * even_outer;
  if constexpr (Outputs > 3) {
    out[2 * out_step] = last;
    last = (0.5f * inner) * odd_inner + (2 * outer) * odd_outer;
  }
  if constexpr (Outputs > 4) {
    out[3 * out_step] = last;
    last = 0.25f * even_inner + 4 * even_outer;
  }
  out[(Outputs - 1) * out_step] = last + in[5];
}

// The tile that begins at a row and a column, which may lie outside of the map, of every pixel or every second: its values at the points, each plane apart.
void read_tile(const float* map, int rows, int columns, int channels, int row, int column, int step, float* values, size_t plane) {
  const int reach = (side - 1) * step;
  const bool inside = row >= 0 && column >= 0 && row + reach < rows && column + reach < columns;
  const __m256i last = first_lanes(channels % lanes);
  for (int c = 0; c < channels; c += lanes) {
    const bool full = channels - c >= lanes;
    vec half[points];
    for (int j = 0; j < side; j++) {
      vec pixels[side];
      const int x = column + j * step;
      for (int i = 0; i < side; i++) {
        const int y = row + i * step;
        const float* from = map + (static_cast<ptrdiff_t>(y) * columns + x) * channels + c;
        const bool there = inside || (y >= 0 && y < rows && x >= 0 && x < columns);
        pixels[i] = !there ? vec{} : full ? load(from) : load_some(from, last);
      }
      transform_input(pixels, 1, half + j, side);
    }
    for (int i = 0; i < side; i++) {
      vec whole[side];
      transform_input(half + i * side, 1, whole, 1);
      for (int j = 0; j < side; j++) store(values + (i * side + j) * plane + c, whole[j]);
    }
  }
}

template <int Outputs>
void write_tile(const float* products, size_t plane, int tile_row, int tile_column, const Target& target) {
  const __m256i last = first_lanes(target.channels % lanes);
  for (int k = 0; k < target.channels; k += lanes) {
    const bool full = target.channels - k >= lanes;
    vec half[Outputs * side];
    for (int j = 0; j < side; j++) {
      vec column[side];
      for (int i = 0; i < side; i++) column[i] = load(products + (i * side + j) * plane + k);
      transform_output<Outputs>(column, half + j, side);
    }
    const vec bias = load(target.bias + k);
    for (int i = 0; i < Outputs; i++) {
      const int y = target.step * (Outputs * tile_row + i) + target.rows.first;
      if (y < 0 || y >= target.rows.size) continue;
      vec pixels[Outputs];
      transform_output<Outputs>(half + i * side, pixels, 1);
      for (int j = 0; j < Outputs; j++) {
        const int x = target.step * (Outputs * tile_column + j) + target.columns.first;
        if (x < 0 || x >= target.columns.size) continue;
        float* to = target.map + (static_cast<size_t>(y) * target.columns.size + x) * target.channels + k;
        vec value = pixels[j] + bias;
        if (target.sum) value += target.sum_scale * (full ? load(to) : load_some(to, last));
        if (target.relu) value = value > 0 ? value : vec{};
        full ? store(to, value) : store_some(to, value, last);
      }
    }
  }
}

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

#pragma GCC pop_options

void write_tile(int outputs, const float* products, size_t plane, int tile_row, int tile_column, const Target& target) {
  switch (outputs) {
    case 3: return write_tile<3>(products, plane, tile_row, tile_column, target);
    case 4: return write_tile<4>(products, plane, tile_row, tile_column, target);
    default: return write_tile<5>(products, plane, tile_row, tile_column, target);
  }
}

}  // namespace

void Winograd::Free::operator()(float* memory) const { std::free(memory); }

bool Winograd::suits(const flair_convolution& what) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  const bool single = what.in_type == FLAIR_FLOAT32 && what.kernel_type == FLAIR_FLOAT32 && what.out_type == FLAIR_FLOAT32 &&
                      (what.sum_type == FLAIR_NO_TYPE || what.sum_type == FLAIR_FLOAT32) && what.added_type == FLAIR_NO_TYPE;
  // With fewer channels the transforms cost more than they save.
  if (!single || what.in_channels * what.stride * what.stride < 12 || what.out_channels < 8) return false;
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

Winograd::Winograd(const flair_convolution& what, const float* kernel, const float* bias) : what_(what) {
  const bool transposed = what.transposed != 0;
  const bool strided = !transposed && what.stride == 2;
  taps_ = taps_of(what);
  in_parts_ = strided ? 4 : 1;
  parts_ = transposed ? 4 : 1;
  part_channels_ = round_up(what.out_channels, lanes);
  if (what_.threads <= 0) what_.threads = omp_get_max_threads();
  const Lay rows = lay(what, what.top, what.out_rows), columns = lay(what, what.left, what.out_columns);
  first_row_ = rows.first, tile_rows_ = rows.tiles;
  first_column_ = columns.first, tile_columns_ = columns.tiles;

  const int32_t in = in_parts_ * what.in_channels, all = parts_ * part_channels_;
  // A part's last vector may reach into the next part, which is written after it, but not into the next tile.
  values_row_ = round_up((in_parts_ - 1) * what.in_channels + round_up(what.in_channels, lanes), lanes);
  // Few enough tiles for the second-level cache, and enough for the kernel to be worth reading from the third.
  const int32_t fitting = static_cast<int32_t>((256 << 10) / (points * sizeof(float) * (values_row_ + all))) / 6 * 6;
  block_ = std::min(std::max(fitting, 36), what.images * tiles_of_image());

  kernel_.reset(static_cast<float*>(std::aligned_alloc(cache_line, round_up(sizeof(float) * points * in * all, cache_line))));
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
    for (int32_t c = 0; c < in; c++) {
      for (int32_t o = panel; o < panel + width; o++) {
        const int32_t out_part = o / part_channels_, in_part = c / what.in_channels;
        if (o % part_channels_ >= what.out_channels) continue;
        const float* from = kernel + (static_cast<size_t>(o % part_channels_) * what.in_channels + c % what.in_channels) * what.kernel * what.kernel;
        for (int y = 0; y < taps_; y++)
          for (int x = 0; x < taps_; x++) {
            const int32_t row = tap(y, in_part / 2, out_part / 2, what.top), column = tap(x, in_part % 2, out_part % 2, what.left);
            const bool there = row >= 0 && row < what.kernel && column >= 0 && column < what.kernel;
            taps[y * taps_ + x].of[o - panel] = there ? from[row * what.kernel + column] : 0;
          }
      }
      for (int x = 0; x < taps_; x++) transform_kernel(taps + x, taps_, taps_, half + x, taps_);
      for (int i = 0; i < side; i++) transform_kernel(half + i * taps_, taps_, 1, whole + i * side, 1);
      for (int p = 0; p < points; p++)
        std::copy_n(whole[p].of, width, kernel_.get() + (static_cast<size_t>(p) * all + panel) * in + static_cast<size_t>(c) * width);
    }
  }
}

size_t Winograd::scratchpad_bytes() const {
  return cache_line + sizeof(float) * points * (plane_of(block_, values_row_) + plane_of(block_, parts_ * part_channels_));
}

Winograd::Tile Winograd::tile(int32_t number) const {
  const int32_t of_part = tile_rows_ * tile_columns_, part = number % tiles_of_image() / of_part, place = number % of_part;
  return {number / tiles_of_image(), part / what_.dilation, part % what_.dilation, place / tile_columns_, place % tile_columns_};
}

void Winograd::run(const flair_maps* images, int32_t count_of_images, void* scratchpad) const {
  const int32_t tiles = count_of_images * tiles_of_image(), outputs = side + 1 - taps_;
  const int32_t in_channels = in_parts_ * what_.in_channels, all = parts_ * part_channels_;
  // Input pixels in one of those that tiles are counted in, and from one of a tile to the next.
  const int32_t unit = in_parts_ == 1 ? 1 : 2, step = unit * what_.dilation;
  auto* values = reinterpret_cast<float*>(round_up(reinterpret_cast<uintptr_t>(scratchpad), cache_line));
  const size_t values_plane = plane_of(block_, values_row_), products_plane = plane_of(block_, all);
  float* products = values + points * values_plane;
#pragma omp parallel num_threads(what_.threads) if (what_.threads > 1)
  for (int32_t first = 0; first < tiles; first += block_) {
    const int32_t count = std::min(block_, tiles - first);
#pragma omp for
    for (int32_t i = 0; i < count; i++) {
      const Tile at = tile(first + i);
      const auto* in = static_cast<const float*>(images[at.image].in);
      const int32_t row = step * at.row * outputs + at.first_row + unit * first_row_, column = step * at.column * outputs + at.first_column + unit * first_column_;
      for (int32_t part = 0; part < in_parts_; part++)
        read_tile(in, what_.in_rows, what_.in_columns, what_.in_channels, row + part / 2, column + part % 2, step,
                  values + static_cast<size_t>(i) * values_row_ + part * what_.in_channels, values_plane);
    }
#pragma omp for
    for (int32_t p = 0; p < points; p++)
      multiply(values + p * values_plane, values_row_, kernel_.get() + static_cast<size_t>(p) * in_channels * all, count, in_channels, all, products + p * products_plane);
#pragma omp for
    for (int32_t i = 0; i < count; i++) {
      const Tile at = tile(first + i);
      for (int32_t part = 0; part < parts_; part++) {
        Target target = {static_cast<float*>(images[at.image].out), {at.first_row, what_.out_rows}, {at.first_column, what_.out_columns}, what_.dilation, what_.out_channels, bias_.data(), what_.sum_type != FLAIR_NO_TYPE,
                         what_.relu != 0, what_.sum_scale};
        if (parts_ > 1) {
          target.step = 2;
          target.rows.first = part / 2 - what_.top % 2;
          target.columns.first = part % 2 - what_.left % 2;
        }
        write_tile(outputs, products + static_cast<size_t>(i) * all + static_cast<size_t>(part) * part_channels_, products_plane, at.row, at.column, target);
      }
    }
  }
}

}  // namespace flair
