"""What people read of a comparison: tables, sentences, charts and pages."""
