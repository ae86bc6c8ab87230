"""The contracts of published events as documents: JSON Schemas, AsyncAPI, and the gate that keeps them compatible."""
