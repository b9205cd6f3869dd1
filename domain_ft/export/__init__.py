"""A trained model for machines without torch: ONNX or OpenVINO, in int8, with what that costs measured."""
