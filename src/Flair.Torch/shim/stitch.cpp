// Stitching on the CPU: what softmax, weighting, adding, argmax and scaling would do in a dozen passes over memory, in one each.
//
// Every pixel is computed by itself, its classes always in the same order, so the result does not depend on how many threads share
// the rows, nor on where in a row it lies. Pixels are taken in groups as they lie, class by class; what a group's pixels have most of, or
// add up to, is found for all of them at once. target_clones picks the widest instructions of the machine at load time.
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

#if defined(__clang__) || __GNUC__ >= 12
#define FLAIR_SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define FLAIR_SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Integers{__VA_ARGS__})
#endif

#define FLAIR_INLINE __attribute__((always_inline)) inline

namespace flair {
namespace {

constexpr int kLanes = 8;  // of a vector, and pixels of a group
constexpr int64_t kRowsPerTask = 4;

typedef float Vector __attribute__((vector_size(kLanes * sizeof(float))));
typedef int32_t Integers __attribute__((vector_size(kLanes * sizeof(int32_t))));

// Scratch memory, where no vector lies across two lines of the cache.
struct alignas(sizeof(Vector)) Lanes {
  float of[kLanes];
};

FLAIR_INLINE Vector load(const float* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

FLAIR_INLINE void store(float* to, Vector vector) { std::memcpy(to, &vector, sizeof vector); }

FLAIR_INLINE Vector all(float value) { return value - Vector{}; }

// 0 where the flag is 0, the value where all its bits are set.
FLAIR_INLINE Vector where(Integers flags, Vector vector) {
  Integers bits;
  std::memcpy(&bits, &vector, sizeof bits);
  bits &= flags;
  std::memcpy(&vector, &bits, sizeof vector);
  return vector;
}

struct Largest {
  static FLAIR_INLINE Vector of(Vector a, Vector b) { return a > b ? a : b; }
};

struct Least {
  static FLAIR_INLINE Vector of(Vector a, Vector b) { return a < b ? a : b; }
};

struct Sum {
  static FLAIR_INLINE Vector of(Vector a, Vector b) { return a + b; }
};

// Of eight vectors, what each one's lanes come to.
template <class Operation>
FLAIR_INLINE Vector reduce(const Vector* of) {
  Vector two[4], four[2];
  for (int i = 0; i < 4; i++)
    two[i] = Operation::of(FLAIR_SHUFFLE(of[2 * i], of[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13), FLAIR_SHUFFLE(of[2 * i], of[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15));
  for (int i = 0; i < 2; i++)
    four[i] = Operation::of(FLAIR_SHUFFLE(two[2 * i], two[2 * i + 1], 0, 1, 8, 9, 4, 5, 12, 13), FLAIR_SHUFFLE(two[2 * i], two[2 * i + 1], 2, 3, 10, 11, 6, 7, 14, 15));
  return Operation::of(FLAIR_SHUFFLE(four[0], four[1], 0, 1, 2, 3, 8, 9, 10, 11), FLAIR_SHUFFLE(four[0], four[1], 4, 5, 6, 7, 12, 13, 14, 15));
}

// Vectors at a time: each step of one waits for the one before, and a processor looks only so far ahead for others.
constexpr int kAtOnce = 4;

// e^x for x <= 0, to about one unit in the last place; 0 below single precision's normal numbers. x = n ln 2 + r with |r| <= ln 2 / 2; e^r by
// a polynomial within 8e-9 of it; 2^n by its bits: rounding by adding leaves n + 127 in the lowest bits, and n = -127 makes the number 0.
FLAIR_INLINE void exp_negative(float* numbers) {
  constexpr float kRound = 12582912.0f + 127.0f;  // 1.5 * 2^23: adding and subtracting it rounds to a whole number
  constexpr float kSmallest = -88.0296919f;       // -127 ln 2
  Vector shifted[kAtOnce], r[kAtOnce], p[kAtOnce];
  // What is not a number stays so.
  for (int i = 0; i < kAtOnce; i++) r[i] = Largest::of(all(kSmallest), load(numbers + i * kLanes));
  for (int i = 0; i < kAtOnce; i++) shifted[i] = r[i] * 1.44269504088896341f + kRound;
  for (int i = 0; i < kAtOnce; i++) p[i] = shifted[i] - kRound;
  for (int i = 0; i < kAtOnce; i++) r[i] = r[i] - p[i] * 0.693359375f;
  for (int i = 0; i < kAtOnce; i++) r[i] = r[i] - p[i] * -2.12194440e-4f;
  for (int i = 0; i < kAtOnce; i++) p[i] = 1.39277624e-3f * r[i] + 8.36444293e-3f;
  for (const float coefficient : {4.16665449e-2f, 1.66665692e-1f, 0.5f, 1.0f, 1.0f})
    for (int i = 0; i < kAtOnce; i++) p[i] = p[i] * r[i] + coefficient;
  for (int i = 0; i < kAtOnce; i++) {
    Integers bits;
    std::memcpy(&bits, &shifted[i], sizeof bits);
    bits <<= 23;
    Vector power;
    std::memcpy(&power, &bits, sizeof power);
    store(numbers + i * kLanes, p[i] * power);
  }
}

// Where a row of an image lies in memory: the value of a class and a pixel is at class * class_stride + pixel * pixel_stride.
struct Row {
  int64_t class_stride, pixel_stride;
};

// A pixel's classes in vectors. The last of them overlaps the one before, so that nothing beyond the pixel is read or written.
struct Pixel {
  explicit Pixel(int64_t classes) : classes(classes), padded(std::max<int64_t>(classes, kLanes)), vectors((classes + kLanes - 1) / kLanes) {
    for (int lane = 0; lane < kLanes; lane++) {
      const int64_t of = last() + lane;
      is_new[lane] = of < classes && of >= (vectors - 1) * kLanes ? -1 : 0;
    }
  }

  int64_t last() const { return padded - kLanes; }
  int64_t of(int64_t vector) const { return vector == vectors - 1 ? last() : vector * kLanes; }

  int64_t classes, padded, vectors;
  Integers is_new;  // lanes of the last vector that are classes, and not the one before's
};

// A group's pixels, each with its classes side by side.
template <class Number>
struct Group {
  Number* pixels;
  int64_t stride;
  bool gathered;
};

// Where it lies if it lies so, or gathered in scratch, where what lies beyond the row or the classes is like the last of them.
template <class Number>
FLAIR_INLINE Group<Number> group_of(Number* from, Row row, const Pixel& pixel, int count, float* scratch) {
  if (count == kLanes && row.class_stride == 1 && pixel.padded == pixel.classes) return {from, row.pixel_stride, false};
  for (int x = 0; x < kLanes; x++)
    for (int64_t c = 0; c < pixel.padded; c++)
      scratch[x * pixel.padded + c] = from[std::min(x, count - 1) * row.pixel_stride + std::min(c, pixel.classes - 1) * row.class_stride];
  return {scratch, pixel.padded, true};
}

FLAIR_INLINE void scatter(const float* group, const Pixel& pixel, int count, float* to, Row row) {
  for (int x = 0; x < count; x++)
    for (int64_t c = 0; c < pixel.classes; c++) to[x * row.pixel_stride + c * row.class_stride] = group[x * pixel.padded + c];
}

// sums[x][c] += weights[x] * softmax(logits[x])[c] for the pixels x of a group. Takes scratch of a group.
FLAIR_INLINE void blend_group(Group<const float> logits, const float* weights, Group<float> sums, const Pixel& pixel, int64_t vectors, float* scratch) {
  const int64_t last = pixel.last(), row = vectors * kLanes;
  Vector parts[kLanes];
  for (int x = 0; x < kLanes; x++) {
    const float* from = logits.pixels + x * logits.stride;
    parts[x] = load(from + last);
    for (int64_t v = 0; v < vectors - 1; v++) parts[x] = Largest::of(load(from + v * kLanes), parts[x]);
  }
  float largest[kLanes], scale[kLanes];
  store(largest, reduce<Largest>(parts));
  for (int x = 0; x < kLanes; x++) {
    const float* from = logits.pixels + x * logits.stride;
    float* to = scratch + x * row;
    for (int64_t v = 0; v < vectors - 1; v++) store(to + v * kLanes, load(from + v * kLanes) - largest[x]);
    store(to + row - kLanes, load(from + last) - largest[x]);
  }
  for (int64_t i = 0; i < vectors * kLanes; i += kAtOnce) exp_negative(scratch + i * kLanes);
  for (int x = 0; x < kLanes; x++) {
    float* to = scratch + x * row;
    parts[x] = where(pixel.is_new, load(to + row - kLanes));
    store(to + row - kLanes, parts[x]);
    for (int64_t v = 0; v < vectors - 1; v++) parts[x] += load(to + v * kLanes);
  }
  store(scale, load(weights) / reduce<Sum>(parts));
  for (int x = 0; x < kLanes; x++) {
    const float* from = scratch + x * row;
    float* to = sums.pixels + x * sums.stride;
    // The two that overlap are both read before either is written.
    const Vector end = load(to + last) + load(from + row - kLanes) * scale[x];
    const int64_t before = (vectors - 2) * kLanes;
    Vector beside{};
    if (vectors > 1) beside = load(to + before) + load(from + before) * scale[x];
    store(to + last, end);
    if (vectors > 1) store(to + before, beside);
    for (int64_t v = 0; v < vectors - 2; v++) store(to + v * kLanes, load(to + v * kLanes) + load(from + v * kLanes) * scale[x]);
  }
}

// A row of them. Takes scratch of three groups.
FLAIR_VECTORIZED
void blend_row(const float* logits, Row logits_row, const float* weights, float* sums, Row sums_row, const Pixel& pixel, int64_t columns, float* scratch) {
  float* const scratch_logits = scratch + pixel.vectors * kLanes * kLanes;
  float* const scratch_sums = scratch_logits + pixel.vectors * kLanes * kLanes;
  for (int64_t start = 0; start < columns; start += kLanes) {
    const int count = static_cast<int>(std::min<int64_t>(kLanes, columns - start));
    float* const row = sums + start * sums_row.pixel_stride;
    const auto from = group_of(logits + start * logits_row.pixel_stride, logits_row, pixel, count, scratch_logits);
    const auto to = group_of(row, sums_row, pixel, count, scratch_sums);
    const float* weight = weights + start;
    float some[kLanes] = {};
    if (count < kLanes) {
      std::memcpy(some, weight, count * sizeof(float));
      weight = some;
    }
    // Loops over a known number of vectors are unrolled.
    switch (pixel.vectors) {
      case 1: blend_group(from, weight, to, pixel, 1, scratch); break;
      case 2: blend_group(from, weight, to, pixel, 2, scratch); break;
      case 3: blend_group(from, weight, to, pixel, 3, scratch); break;
      default: blend_group(from, weight, to, pixel, pixel.vectors, scratch); break;
    }
    if (to.gathered) scatter(to.pixels, pixel, count, row, sums_row);
  }
}

constexpr float kNone = 1e9f;  // no class

// The classes that may be the answer, in a pixel's vectors.
std::vector<float> candidates_of(const Pixel& pixel, const uint8_t* active) {
  std::vector<float> candidates(pixel.vectors * kLanes, kNone);
  for (int64_t v = 0; v < pixel.vectors; v++)
    for (int lane = 0; lane < kLanes; lane++) {
      const int64_t c = pixel.of(v) + lane;
      if (c < pixel.classes && active[c]) candidates[v * kLanes + lane] = static_cast<float>(c);
    }
  return candidates;
}

// What a group's sums come to: the active class that has most, the first of equals; how much that is; and how much all have together.
FLAIR_INLINE void finish_group(Group<float> sums, const Pixel& pixel, int64_t vectors, const float* candidates, float* best, float* largest, float* total) {
  const int64_t last = pixel.last(), before = (vectors - 1) * kLanes;
  const Vector none = all(kNone);
  Vector most[kLanes], parts[kLanes];
  for (int x = 0; x < kLanes; x++) {
    const float* from = sums.pixels + x * sums.stride;
    const Vector end = load(from + last);
    parts[x] = where(pixel.is_new, end);
    most[x] = where(load(candidates + before) < none, end);
    for (int64_t v = 0; v < before; v += kLanes) {
      const Vector some = load(from + v);
      parts[x] += some;
      most[x] = Largest::of(where(load(candidates + v) < none, some), most[x]);
    }
  }
  store(largest, reduce<Largest>(most));
  store(total, reduce<Sum>(parts));
  for (int x = 0; x < kLanes; x++) {
    const float* from = sums.pixels + x * sums.stride;
    const Vector top = all(largest[x]);
    most[x] = load(from + last) == top ? load(candidates + before) : none;
    for (int64_t v = 0; v < before; v += kLanes) most[x] = Least::of(load(from + v) == top ? load(candidates + v) : none, most[x]);
  }
  store(best, reduce<Least>(most));
}

struct Finished {
  uint8_t* classes;
  uint8_t* confidence;     // may be null
  uint8_t* probabilities;  // may be null; [classes, rows, columns]
  int64_t probability_stride;
};

// One row: the active class of the largest sum, its share of all and every class's share, in 255ths rounded down. Takes scratch of a group.
// Where asked to, it leaves the sums 0, while they are in the cache.
FLAIR_VECTORIZED
void finish_row(float* sums, Row sums_row, bool clear, const float* totals, const float* candidates, uint8_t nodata, Finished out, const Pixel& pixel, int64_t columns,
                float* scratch) {
  for (int64_t start = 0; start < columns; start += kLanes) {
    const int count = static_cast<int>(std::min<int64_t>(kLanes, columns - start));
    float* const row = sums + start * sums_row.pixel_stride;
    const auto from = group_of(row, sums_row, pixel, count, scratch);
    float best[kLanes], largest[kLanes], total[kLanes], scale[kLanes];
    switch (pixel.vectors) {
      case 1: finish_group(from, pixel, 1, candidates, best, largest, total); break;
      case 2: finish_group(from, pixel, 2, candidates, best, largest, total); break;
      case 3: finish_group(from, pixel, 3, candidates, best, largest, total); break;
      default: finish_group(from, pixel, pixel.vectors, candidates, best, largest, total); break;
    }
    if (totals != nullptr) std::memcpy(total, totals + start, count * sizeof(float));
    for (int x = 0; x < kLanes; x++) scale[x] = total[x] > 0 ? 255.0f / total[x] : 0.0f;
    for (int x = 0; x < count; x++) out.classes[start + x] = static_cast<uint8_t>(total[x] > 0 ? static_cast<int32_t>(best[x]) : nodata);
    if (out.confidence != nullptr)
      for (int x = 0; x < count; x++) out.confidence[start + x] = static_cast<uint8_t>(static_cast<int32_t>(std::min(largest[x] * scale[x], 255.0f)));
    for (int64_t c = 0; out.probabilities != nullptr && c < pixel.classes; c++) {
      uint8_t* to = out.probabilities + c * out.probability_stride + start;
      for (int x = 0; x < count; x++) to[x] = static_cast<uint8_t>(static_cast<int32_t>(std::min(from.pixels[x * from.stride + c] * scale[x], 255.0f)));
    }

    if (!clear) continue;
    std::memset(from.pixels, 0, kLanes * pixel.padded * sizeof(float));
    if (from.gathered) scatter(from.pixels, pixel, count, row, sums_row);
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
    const Pixel pixel(channels);
    at::parallel_for(0, part->rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      std::vector<Lanes> scratch(3 * pixel.vectors * kLanes);
      for (int64_t y = begin; y < end; y++)
        blend_row(from + y * logits.stride(2), {logits.stride(1), logits.stride(3)}, weight + y * weights.stride(0), to + y * sums.stride(1), sums_row,
                  pixel, part->columns, scratch.data()->of);
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
    const Pixel pixel(channels);
    const auto candidates = candidates_of(pixel, active);
    at::parallel_for(0, rows, kRowsPerTask, [&](int64_t begin, int64_t end) {
      std::vector<Lanes> scratch(pixel.padded);
      for (int64_t y = begin; y < end; y++) {
        const int64_t offset = y * columns;
        finish_row(from + y * sums.stride(1), sums_row, clear != 0, totals == nullptr ? nullptr : totals + y * totals_stride, candidates.data(), static_cast<uint8_t>(nodata),
                   {classes + offset, confidence == nullptr ? nullptr : confidence + offset, probabilities == nullptr ? nullptr : probabilities + offset,
                    rows * columns},
                   pixel, columns, scratch.data()->of);
      }
    });
    return 0;
  });
}
