"""Images in files: one reader of images, collections of files, folders of classes."""
