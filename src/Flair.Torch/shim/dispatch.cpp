// Any operator of libtorch by its schema's name: arguments are boxed by what the schema asks for, results come back as handles.
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <vector>

#include "common.hpp"

namespace flair {
namespace {

using c10::IValue;
using c10::TypeKind;

const c10::Type& without_optional(const c10::Type& type) {
  return type.kind() == TypeKind::OptionalType ? *type.containedType(0) : type;
}

IValue box_tensors(const flair_value& value) {
  const auto handles = static_cast<flair_tensor*>(value.p);
  c10::List<at::Tensor> list;
  for (int32_t i = 0; i < value.count; i++) list.push_back(unwrap(handles[i]));
  return list;
}

IValue box(const flair_value& value, const c10::Argument& argument) {
  const auto& type = without_optional(*argument.type());
  switch (value.kind) {
    case FLAIR_DEFAULT:
      if (argument.default_value()) return *argument.default_value();
      // Schemas leave optional tensors (a bias) without a default in places; none is what Python passes.
      TORCH_CHECK(argument.type()->kind() == TypeKind::OptionalType, "argument '", argument.name(), "' is missing");
      return {};
    case FLAIR_NONE:
      // An operator that takes a plain Tensor understands an undefined one.
      return type.kind() == TypeKind::TensorType && argument.type()->kind() != TypeKind::OptionalType ? IValue(at::Tensor()) : IValue();
    case FLAIR_TENSOR:
      return unwrap(value.p);
    case FLAIR_INT:
      if (type.kind() == TypeKind::FloatType) return static_cast<double>(value.i);
      return value.i;
    case FLAIR_DOUBLE:
      return value.d;
    case FLAIR_BOOL:
      return value.i != 0;
    case FLAIR_INT_LIST:
      return std::vector<int64_t>(static_cast<int64_t*>(value.p), static_cast<int64_t*>(value.p) + value.count);
    case FLAIR_DOUBLE_LIST:
      return std::vector<double>(static_cast<double*>(value.p), static_cast<double*>(value.p) + value.count);
    case FLAIR_TENSOR_LIST:
      return box_tensors(value);
    case FLAIR_STRING: {
      std::string text(static_cast<const char*>(value.p), value.count);
      if (type.kind() == TypeKind::DeviceObjType) return c10::Device(text);
      return text;
    }
    default:
      TORCH_CHECK(false, "argument '", argument.name(), "' has the unknown kind ", value.kind);
  }
}

// Hands results back; tensor lists become as many tensors.
class Results {
 public:
  Results(flair_value* values, int32_t capacity) : values_(values), capacity_(capacity) {}

  void add(const IValue& value) {
    if (value.isTensor()) {
      put(FLAIR_TENSOR).p = wrap(value.toTensor());
    } else if (value.isTensorList()) {
      for (const at::Tensor& tensor : value.toTensorVector()) put(FLAIR_TENSOR).p = wrap(tensor);
    } else if (value.isInt()) {
      put(FLAIR_INT).i = value.toInt();
    } else if (value.isDouble()) {
      put(FLAIR_DOUBLE).d = value.toDouble();
    } else if (value.isBool()) {
      put(FLAIR_BOOL).i = value.toBool() ? 1 : 0;
    } else {
      TORCH_CHECK(false, "the operator returned a ", value.tagKind(), ", which is not supported");
    }
  }

  int32_t count() const { return count_; }

  void free_all() {
    while (count_ > 0)
      if (values_[--count_].kind == FLAIR_TENSOR) flair_tensor_free(values_[count_].p);
  }

 private:
  flair_value& put(flair_kind kind) {
    TORCH_CHECK(count_ < capacity_, "the operator returned more than ", capacity_, " values");
    auto& value = values_[count_++];
    value = {kind, 0, {nullptr}};
    return value;
  }

  flair_value* values_;
  int32_t capacity_;
  int32_t count_ = 0;
};

}  // namespace
}  // namespace flair

using namespace flair;

flair_op flair_find_op(const char* name, const char* overload) {
  return guarded<flair_op>(nullptr, [=] {
    // Kept for the life of the process: the number of operators used is small and fixed.
    return new c10::OperatorHandle(c10::Dispatcher::singleton().findSchemaOrThrow(name, overload));
  });
}

int32_t flair_call(flair_op op, const flair_value* args, int32_t arg_count, int32_t grad_mode, flair_value* results, int32_t capacity) {
  return guarded(-1, [=] {
    const auto& handle = *static_cast<const c10::OperatorHandle*>(op);
    const auto& schema = handle.schema().arguments();
    TORCH_CHECK(arg_count <= static_cast<int32_t>(schema.size()), handle.schema().name(), " takes ", schema.size(), " arguments, not ", arg_count);

    torch::jit::Stack stack;
    stack.reserve(schema.size());
    constexpr flair_value missing{FLAIR_DEFAULT, 0, {nullptr}};
    for (size_t i = 0; i < schema.size(); i++) stack.push_back(box(static_cast<int32_t>(i) < arg_count ? args[i] : missing, schema[i]));

    {
      c10::InferenceMode inference(grad_mode == FLAIR_INFERENCE);
      c10::AutoGradMode grad(grad_mode == FLAIR_GRAD);
      handle.callBoxed(stack);
    }

    // An in-place call's result is its first argument; the caller that asks for no results has it already.
    if (results == nullptr) return 0;
    Results out(results, capacity);
    try {
      for (const auto& value : stack) out.add(value);
    } catch (...) {
      out.free_all();
      throw;
    }
    return out.count();
  });
}
