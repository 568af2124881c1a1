// Stitching on the CPU: what softmax, weighting, adding, argmax and scaling would do in a dozen passes over memory, in one each.
//
// Every pixel is computed by itself, its classes always in the same order, so the result does not depend on how many threads share
// the rows, nor on where in a row it lies. Pixels are taken in groups as they lie, class by class; what a group's pixels have most of, or
// add up to, is found for all of them at once. target_clones picks the widest instructions of the machine at load time.
#include <algorithm>
#include <cstring>
#include <vector>

#include "flair_kernels.h"

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
  uint8_t* confidence;
  uint8_t* probabilities;  // may be null; [classes, rows, columns]
  int64_t probability_stride;
};

// One row: the active class of the largest sum, its share of all and every class's share, in 255ths rounded down. Takes scratch of a group.
// Where asked to, it leaves the sums 0, while they are in the cache.
FLAIR_VECTORIZED
void finish_row(float* sums, Row sums_row, bool clear, const float* candidates, uint8_t nodata, Finished out, const Pixel& pixel, int64_t columns,
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
    for (int x = 0; x < kLanes; x++) scale[x] = total[x] > 0 ? 255.0f / total[x] : 0.0f;
    for (int x = 0; x < count; x++) out.classes[start + x] = static_cast<uint8_t>(total[x] > 0 ? static_cast<int32_t>(best[x]) : nodata);
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

Row row_of(const flair_image& image) { return {image.class_stride, image.column_stride}; }

// Rows, by one thread all together, by several a few at a time.
template <class Body>
void for_rows(int64_t rows, int threads, const Body& body) {
  const int64_t tasks = (rows + kRowsPerTask - 1) / kRowsPerTask;
  if (threads <= 1 || tasks <= 1) return body(0, rows);
#pragma omp parallel for num_threads(static_cast<int>(std::min<int64_t>(threads, tasks)))
  for (int64_t task = 0; task < tasks; task++) body(task * kRowsPerTask, std::min(rows, (task + 1) * kRowsPerTask));
}

}  // namespace
}  // namespace flair

using namespace flair;

void flair_blend(const flair_image* logits, const float* weights, int64_t weights_stride, const flair_image* sums, int32_t threads) {
  const Pixel pixel(logits->classes);
  for_rows(logits->rows, threads, [&](int64_t begin, int64_t end) {
    std::vector<Lanes> scratch(3 * pixel.vectors * kLanes);
    for (int64_t y = begin; y < end; y++)
      blend_row(logits->values + y * logits->row_stride, row_of(*logits), weights + y * weights_stride, sums->values + y * sums->row_stride, row_of(*sums), pixel,
                logits->columns, scratch.data()->of);
  });
}

void flair_finish(const flair_image* sums, const uint8_t* active, int32_t nodata, int32_t clear, const flair_finished* to, int32_t threads) {
  const Pixel pixel(sums->classes);
  const auto candidates = candidates_of(pixel, active);
  for_rows(sums->rows, threads, [&](int64_t begin, int64_t end) {
    std::vector<Lanes> scratch(pixel.padded);
    for (int64_t y = begin; y < end; y++) {
      const int64_t offset = y * to->row_stride;
      finish_row(sums->values + y * sums->row_stride, row_of(*sums), clear != 0, candidates.data(), static_cast<uint8_t>(nodata),
                 {to->classes + offset, to->confidence + offset, to->probabilities == nullptr ? nullptr : to->probabilities + offset, to->class_stride},
                 pixel, sums->columns, scratch.data()->of);
    }
  });
}
