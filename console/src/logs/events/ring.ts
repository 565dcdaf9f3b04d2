/** The newest of what arrives, and never more than there is room for. */

export class Ring<T> {
  private readonly items: T[] = [];
  /** Where the next one goes once all places are taken. */
  private next = 0;

  constructor(readonly capacity: number) {}

  get length(): number {
    return this.items.length;
  }

  push(item: T): void {
    if (this.items.length < this.capacity) this.items.push(item);
    else this.items[this.next] = item;
    this.next = (this.next + 1) % this.capacity;
  }

  /** The newest is 0. */
  newest(at: number): T | undefined {
    if (at < 0 || at >= this.items.length) return undefined;
    return this.items[(this.next - 1 - at + 2 * this.capacity) % this.capacity];
  }

  clear(): void {
    this.items.length = 0;
    this.next = 0;
  }
}
