#include <sys/mman.h>

#include <cstdlib>

#include "flair_kernels.h"

namespace {

constexpr int64_t kLine = 64;
constexpr int64_t kHugePage = 2 << 20;

}  // namespace

void* flair_allocate(int64_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, bytes >= kHugePage ? kHugePage : kLine, bytes) != 0) return nullptr;
#ifdef MADV_HUGEPAGE
  if (bytes >= kHugePage) madvise(memory, bytes, MADV_HUGEPAGE);
#endif
  return memory;
}

void flair_free(void* memory) { std::free(memory); }
