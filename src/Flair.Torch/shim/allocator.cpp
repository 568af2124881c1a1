// A caching allocator for host tensors.
//
// A forward pass allocates the same few large blocks again and again. malloc maps and unmaps each, and the kernel zeroes every page
// anew: on the U-Net this costs as much time as the convolutions. Freed blocks are kept by size class and handed out again, newest
// first (its pages are still in the cache). What is kept unused is bounded; beyond the bound the classes idle longest are given back.
#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include "common.hpp"

namespace flair {
namespace {

constexpr size_t kAlignment = 64;         // what libtorch's kernels expect (c10::gAlignment)
constexpr size_t kSmallest = 64 << 10;    // malloc does not map below this, and keeps what is freed
constexpr size_t kHugePage = 2 << 20;
constexpr size_t kLargestExcess = 2;
constexpr int64_t kDefaultLimit = int64_t{2} << 30;

// Stands before each block. Padded to the alignment, so that the data after it is aligned too.
struct alignas(kAlignment) Header {
  size_t size;   // of the whole block, header included
  bool pooled;
};

// Four classes to each power of two: at most a quarter of a block is address space that is never touched.
size_t size_class(size_t bytes) {
  size_t power = kSmallest;
  while (power * 2 <= bytes) power *= 2;
  const size_t step = power / 4;
  return (bytes + step - 1) / step * step;
}

class Pool {
 public:
  void* take(size_t bytes) {
    const size_t needed = bytes + sizeof(Header);
    const bool pooled = needed >= kSmallest;
    size_t size = pooled ? size_class(needed) : needed;
    void* block = pooled ? reuse(size) : nullptr;
    if (block == nullptr) block = obtain(size);
    if (block == nullptr && pooled) {
      release(0);
      block = obtain(size);
    }
    TORCH_CHECK(block != nullptr, "out of memory: a tensor of ", bytes, " bytes could not be allocated");
    auto* header = new (block) Header{size, pooled};
    if (pooled) count(static_cast<int64_t>(size));
    return header + 1;
  }

  void give(void* data) {
    auto* header = static_cast<Header*>(data) - 1;
    if (!header->pooled) {
      std::free(header);
      return;
    }
    const size_t size = header->size;
    std::vector<void*> surplus;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      used_ -= static_cast<int64_t>(size);
      auto& bin = bins_[size];
      bin.blocks.push_back(header);
      bin.last_use = ++clock_;
      cached_ += static_cast<int64_t>(size);
      trim(limit_, surplus);
    }
    for (void* block : surplus) std::free(block);
  }

  // Gives unused blocks back to the system until at most `keep` bytes are kept.
  void release(int64_t keep) {
    std::vector<void*> surplus;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      trim(keep, surplus);
    }
    for (void* block : surplus) std::free(block);
  }

  void limit(int64_t bytes) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      limit_ = std::max<int64_t>(bytes, 0);
    }
    release(std::max<int64_t>(bytes, 0));
  }

  void stats(int64_t* used, int64_t* peak, int64_t* cached, int64_t* mapped) {
    std::lock_guard<std::mutex> lock(mutex_);
    *used = used_;
    *peak = peak_;
    *cached = cached_;
    *mapped = mapped_;
  }

 private:
  struct Bin {
    std::vector<void*> blocks;
    uint64_t last_use = 0;
  };

  void* obtain(size_t size) {
    void* block = nullptr;
    const size_t alignment = size >= kHugePage ? kHugePage : kAlignment;
    if (posix_memalign(&block, alignment, size) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
    if (size >= kHugePage) madvise(block, size, MADV_HUGEPAGE);
#endif
    if (size >= kSmallest) {
      std::lock_guard<std::mutex> lock(mutex_);
      mapped_++;
    }
    return block;
  }

  void* reuse(size_t& size) {
    std::lock_guard<std::mutex> lock(mutex_);
    // A somewhat larger block does as well, and keeps what is held near what is used at the peak.
    for (auto bin = bins_.lower_bound(size); bin != bins_.end() && bin->first <= size * kLargestExcess; ++bin) {
      if (bin->second.blocks.empty()) continue;
      void* block = bin->second.blocks.back();
      bin->second.blocks.pop_back();
      bin->second.last_use = ++clock_;
      cached_ -= static_cast<int64_t>(bin->first);
      size = bin->first;
      return block;
    }
    return nullptr;
  }

  void count(int64_t size) {
    std::lock_guard<std::mutex> lock(mutex_);
    used_ += size;
    peak_ = std::max(peak_, used_);
  }

  void trim(int64_t keep, std::vector<void*>& surplus) {
    while (cached_ > keep) {
      auto oldest = bins_.end();
      for (auto bin = bins_.begin(); bin != bins_.end(); ++bin)
        if (!bin->second.blocks.empty() && (oldest == bins_.end() || bin->second.last_use < oldest->second.last_use)) oldest = bin;
      auto& blocks = oldest->second.blocks;
      surplus.push_back(blocks.front());
      blocks.erase(blocks.begin());
      cached_ -= static_cast<int64_t>(oldest->first);
    }
  }

  std::mutex mutex_;
  std::map<size_t, Bin> bins_;
  uint64_t clock_ = 0;
  int64_t limit_ = kDefaultLimit;
  int64_t used_ = 0;
  int64_t peak_ = 0;
  int64_t cached_ = 0;
  int64_t mapped_ = 0;
};

// Never destroyed: tensors in static variables of libtorch outlive every destructor of ours.
Pool& pool() {
  static Pool* instance = new Pool();
  return *instance;
}

void give_back(void* data) {
  if (data != nullptr) pool().give(data);
}

// c10::Allocator changed in 2.x: allocate lost its const and copy_data came. Both forms stand here without `override`; whichever
// the base declares is overridden, the other is an overload that nobody calls.
struct CachingAllocator final : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) const {
    void* data = bytes == 0 ? nullptr : pool().take(bytes);
    return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DataPtr allocate(size_t bytes) { return static_cast<const CachingAllocator*>(this)->allocate(bytes); }
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
  c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
};

CachingAllocator allocator;

// Priority 1 goes before libtorch's own (0).
[[maybe_unused]] const bool installed = (c10::SetAllocator(c10::DeviceType::CPU, &allocator, 1), true);

}  // namespace
}  // namespace flair

void flair_cache_limit(int64_t bytes) { flair::pool().limit(bytes); }

void flair_empty_cache() { flair::pool().release(0); }

void flair_allocator_stats(int64_t* used, int64_t* peak, int64_t* cached, int64_t* mapped) { flair::pool().stats(used, peak, cached, mapped); }
